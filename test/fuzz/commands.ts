import fc from "fast-check";

/**
 * Shell texts by chance: soups that no shell would take, and commands that are hidden or dressed by transformations which
 * keep their meaning. The same texts are run by real shells, to be sure of the latter.
 */

const TOKENS = [
  ..."| & ; ( ) { } < > $ ` \\ \" ' # ! = * ? [ ] ~ % ^ , . : - + @ / \n \t".split(" "),
  ..." \n,\r,\v,\0,\u00a0,\u2028,\ufeff,\ud800,😀,é".split(","),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  ..."&& || ;; ;& |& << <<- <<< <( >( $( $(( )) ${ } [[ ]] (( $' $\" &> >& >| <> {a,b} {1..3}".split(" "),
  ..."if then elif else fi for while until do done case esac in function select time coproc".split(" "),
  ...'rm constructor valueOf __proto__ toString ls cat echo sh bash eval exec env xargs find git pip python -c -m -exec -S EOF x=1 $x $@ "$x" 2>&1'.split(
    " ",
  ),
];

/** Any text at all, and texts from what a shell's syntax is made of. */
export const soup: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 80 }) },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((some) => some.join("")) },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((some) => some.join(" ")) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("(", "$(", "{ ", "`", "[[ ", "$((", "${x:-", "if ", 'x"', "ls;", "a|"), fc.nat(400))
      .map(([text, times]) => text.repeat(times)),
  },
);

const single = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const double = (text: string) => `"${text.replace(/[\\"$`]/g, "\\$&")}"`;

type Spelling = (program: string) => string;
/** A program's name in other words. The first ones are what a judge must be able to read. */
const SPELLINGS: readonly Spelling[] = [
  (name) => name,
  (name) => single(name),
  (name) => double(name),
  (name) => `${name.slice(0, 2)}''${name.slice(2)}`,
  (name) => `"${name[0]}"${name.slice(1)}`,
  (name) => `${name[0]}\\${name.slice(1)}`,
];
const COMPUTED: readonly Spelling[] = [
  (name) => `\\${name}`,
  (name) => `${name.slice(0, 2)}\\\n${name.slice(2)}`,
  (name) => `$'${name}'`,
  (name) => `$'\\x${name.charCodeAt(0).toString(16)}${name.slice(1)}'`,
  (name) => `\${UNSET}${name}`,
  (name) => `${name[0]}\${UNSET}"${name.slice(1)}"`,
  (name) => `$(echo ${name})`,
  (name) => `\`echo ${name}\``,
  (name) => `\${UNSET:-${name}}`,
  (name) => `{${name},}`,
  (name) => `${name.slice(0, -1)}{${name.at(-1)},}`,
];

type Dress = (command: string) => string;
/** Programs around one simple command. */
const WRAPPINGS: readonly Dress[] = [
  (c) => `env ${c}`,
  (c) => `env -u UNSET A=1 ${c}`,
  (c) => `nohup ${c}`,
  (c) => `timeout 9 ${c}`,
  (c) => `timeout -k 1 9s ${c}`,
  (c) => `nice -n 1 ${c}`,
  (c) => `stdbuf -o0 ${c}`,
  (c) => `setsid -w ${c}`,
  (c) => `find . -maxdepth 0 -exec ${c} \\;`,
  (c) => `xargs ${c} </dev/null`,
];
/** What only the shell does around one. */
const FRAMES: readonly Dress[] = [
  (c) => c,
  (c) => `command ${c}`,
  (c) => `A=1 B="2 3" ${c}`,
  (c) => `>/dev/null ${c}`,
  (c) => `${c} 2>&1`,
  (c) => `2>/dev/null ${c} </dev/null`,
  (c) => `( exec ${c}\n)`,
  (c) => `time ${c}`,
  (c) => `time A=1 ${c}`,
];
/** Around any text. */
const DRESSES: readonly Dress[] = [
  (c) => `( ${c}\n)`,
  (c) => `! ( ${c}\n)`,
  (c) => `{ ${c}\n}`,
  (c) => `if true; then ${c}\nfi`,
  (c) => `if ${c}\nthen :; fi`,
  (c) => `for i in 1; do ${c}\ndone`,
  (c) => `while true; do ${c}\nbreak; done`,
  (c) => `until false; do ${c}\nbreak; done`,
  (c) => `case a in a) ${c}\n;; esac`,
  (c) => `true && {\n${c}\n}`,
  (c) => `false || ( ${c}\n)`,
  (c) => `true; ${c}`,
  (c) => `true\n\n${c}\ntrue`,
  (c) => `# it's "\n${c}`,
  (c) => `${c} # it's (`,
  (c) => `echo "a $( ${c}\n) b"`,
  (c) => `echo $( ${c}\n)`,
  (c) => `x=$( ${c}\n)`,
  (c) => `f() {\n${c}\n}\nf`,
  (c) => `echo \${UNSET:-$( ${c}\n)}`,
  (c) => `echo "\${UNSET:-a}$( ${c}\n)" | cat`,
  (c) => `cat <<E${c.length}\na $( ${c}\n) b\nE${c.length}\ntrue`,
  (c) => `{\n${c}\n} | cat`,
  (c) => `{\n${c}\n} &\nwait`,
  (c) => `sh -c ${single(c)}`,
  (c) => `bash -c ${single(c)}`,
  (c) => `bash -c ${double(c)}`,
  (c) => `env bash -e -c ${single(c)} name`,
  (c) => `eval ${single(c)}`,
  (c) => `trap ${single(c)} EXIT`,
  (c) => `find . -maxdepth 0 -exec bash -c ${single(c)} \\;`,
];
/** The same, in words that only bash reads so. */
const OF_BASH: readonly Dress[] = [(c) => `x=(1 $( ${c}\n))`, (c) => `cat <(${c}\n)`, (c) => `[[ -n $( ${c}\n) ]]`];
/** Where a text reaches a shell in a way that need not be followed, only noticed. */
const HIDES: readonly Dress[] = [
  (c) => `! {\n${c}\n}`,
  (c) => `bash <<'E${c.length}'\n${c}\nE${c.length}\ntrue`,
  (c) => `cat <<'E${c.length}' | bash\n${c}\nE${c.length}\ntrue`,
  (c) => `bash <<< ${single(c)}`,
  (c) => `echo ${single(c)} | bash`,
  (c) => `printf %s ${double(c)} | bash -s`,
  (c) => `a=${single(c)}; eval "$a"`,
  (c) => `a=${single(c)}\nbash -c "$a"`,
  (c) => `source <(echo ${single(c)})`,
  (c) => `echo 1 | xargs -I{} bash -c ${single(c)}`,
  (c) => `echo "$(( 0 $( ${c}\n) ))"`,
  (c) => `a='x[$(${single(c).slice(1, -1)}\n)]'; echo $((a))`,
  (c) => `bash -c '"$@"' _ bash -c ${single(c)}`,
  (c) => `env -S "bash -c" ${single(c)}`,
];

const dressed = (base: fc.Arbitrary<string>, dresses: readonly Dress[]): fc.Arbitrary<string> =>
  fc
    .tuple(base, fc.array(fc.constantFrom(...dresses), { maxLength: 4 }))
    .map(([text, some]) => some.reduce((inner, dress) => dress(inner), text));

const wrapped = (spellings: readonly Spelling[], program: string, rest: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...spellings),
      fc.array(fc.constantFrom(...WRAPPINGS), { maxLength: 2 }),
      fc.constantFrom(...FRAMES),
    )
    .map(([spell, wraps, frame]) => frame(wraps.reduce((inner, wrap) => wrap(inner), `${spell(program)}${rest}`)));

/** A command with a variable for its name, or a part of it. */
const assigned = (program: string, rest: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    `a=${program}; $a${rest}`,
    `a=${program}\n"$a"${rest}`,
    `a=${program.slice(0, 2)}; \${a}${program.slice(2)}${rest}`,
    `a='${program}${rest}'; $a`,
    `for a in ${program}; do $a${rest}; done`,
    `read -r a <<< ${program}; $a${rest}`,
  );

/** Texts that run the program `program`, whatever else they do. */
export const hidden = (program: string): fc.Arbitrary<string> =>
  dressed(
    fc.oneof(
      { weight: 4, arbitrary: wrapped([...SPELLINGS, ...COMPUTED], program, " x") },
      { weight: 1, arbitrary: assigned(program, " x") },
    ),
    [...DRESSES, ...OF_BASH, ...HIDES],
  );

/** The same with a few accidents: a character gone, a token more, a part twice. Most of it no shell would take. */
export const damaged = (program: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      hidden(program),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom("", "", ...TOKENS)), { minLength: 1, maxLength: 3 }),
    )
    .map(([text, accidents]) =>
      accidents.reduce((whole, [place, gone, token]) => {
        const at = place % (whole.length + 1);
        return `${whole.slice(0, at)}${token}${whole.slice(at + (token === "" ? gone + 1 : 0))}`;
      }, text),
    );

export const HARMLESS = [
  ["ls", " -la"],
  ["cat", " a.txt"],
  ["grep", ' -n "rm " a.txt'],
  ["echo", " guarantee 'a => b' \"a > b\""],
  ["echo", " 'forbid x; rm y' \\$x"],
  ["git", " log --format='%ae>' -1"],
  ["wc", " -l a.txt"],
  ["sed", " -n 's/a/b/p' a.txt"],
  ["printf", " '%s\\n' \"$HOME\""],
  ["awk", " '$1 > 3' a.txt"],
] as const;

/** Texts that do nothing but harmless things, in ways that a judge can follow. */
export const harmless: fc.Arbitrary<string> = dressed(
  dressed(
    fc.constantFrom(...HARMLESS).chain(([program, rest]) => wrapped(SPELLINGS, program, rest)),
    DRESSES,
  ),
  OF_BASH,
);
