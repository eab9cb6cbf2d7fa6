import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for one name, made for this run: no key lies in the repository, and none runs out. */
export function testCertificate(name: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "dgov-certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const what = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-days", "2"];
    const how = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const made = Bun.spawnSync(["openssl", "req", ...how, ...what, "-keyout", key, "-out", cert]);
    if (made.exitCode !== 0) throw new Error(`Cannot make a certificate: ${made.stderr}`);
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
