"""Every way in which Python binds a name, some of them where few look for one."""

import a.b, c.d as e
from f import g, h as i


def parameters(j, /, k, l=m, *n, o: p = q, **r) -> s:
    return j, k, l, n, o, r, t


def targets():
    u = v, (w, *x), [y, z] = aa
    u.b = v[c] = 0
    for bb, (cc, *dd) in ee: ff
    else: gg = 1
    with hh as ii, jj as (kk, ll), mm as nn.oo, pp as [qq]: rr
    try: pass
    except (ss, tt) as uu: uu
    import vv.ww, xx as yy
    from zz import ab as ac, ad
    del ae, (af, ag), ah.ai, aj[ak]
    al: am
    an: ao = ap
    aq += ar
    while (au := av): au
    return gg, yy, ac, al, u


def patterns(subject):
    match subject:
        case aw.ax | 1: pass
        case Point(0, ay, az=ba): ay, ba
        case {"k": bb, **bc}: bb, bc
        case [bd, *be] | (bd, be): bd, be
        case bf if bg(bf): bf
        case str() as bh: bh
        case _: bi


def comprehensions(self):
    bj = [bk for bl in bm for bk in bl if bn]
    bo = {bp: bq for bp, bq in bj if (br := bq)}
    bs = (bt async for bt in bu) if bv else {bw for bw in bo}
    return br, bs, lambda bx, by=bk, *bz: (bx, by, bz, ca)


class Outer(cb, metaclass=cc):
    cd = 1
    ce = cd, [cd for _ in cd]
    __private = cd

    def method(self, cf=cd):
        global cg
        cg = cd
        ch = ci = 0

        def inner():
            nonlocal ch
            ch = ci
            cj = cg

            class Local(Outer):
                ck = cj
                ci = ch

                def cl(self): return ck, ci, super().cl

            return Local

        return inner

    @cm.cn(cd)
    async def other(self):
        async with co as cp, cq: await cp
        return f"{cr!r:>{cs}}" f"{ct}", __class__
