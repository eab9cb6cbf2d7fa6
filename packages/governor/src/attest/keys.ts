import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DgovError } from "../error.ts";

/** A key as statements are signed with, or held against. `id`: sha-256 (hex) of its public half, however it is written. */
export type Key = { id: string; key: KeyObject };

/**
 * Makes a pair: the private half in a file that its owner alone may read, the public one beside it, with ".pub" behind.
 *
 * @throws DgovError `usage` where either file is there already
 */
export function makeKey(path: string): { path: string; public_path: string; id: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const public_path = `${path}.pub`;
  writeNew(path, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  try {
    writeNew(public_path, publicKey.export({ type: "spki", format: "pem" }), 0o644);
  } catch (error) {
    rmSync(path);
    throw error;
  }
  return { path, public_path, id: idOf(publicKey) };
}

/** No key is ever written over: what was signed with it could not be checked again. */
function writeNew(path: string, pem: string | Buffer, mode: number): void {
  try {
    const file = openSync(path, "wx", mode);
    writeFileSync(file, pem.toString());
    closeSync(file);
  } catch (error) {
    throw new DgovError("usage", `Cannot write the key "${path}": ${reason(error)}`, {
      hint: "Give a new name in a folder that is there",
      cause: error,
    });
  }
}

/** @throws DgovError `key_unusable` when it is no private key that can sign */
export const readPrivateKey = (path: string): Key =>
  read(path, (pem) => {
    const key = createPrivateKey(pem);
    return { id: idOf(createPublicKey(key)), key };
  });

/** A private key will do: its public half is in it. @throws DgovError `key_unusable` */
export const readPublicKey = (path: string): Key =>
  read(path, (pem) => {
    const key = createPublicKey(pem);
    return { id: idOf(key), key };
  });

const idOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");

function read(path: string, make: (pem: string) => Key): Key {
  const unusable = (why: string, cause?: unknown) =>
    new DgovError("key_unusable", `Cannot use the key "${path}": ${why}`, { cause });
  let made: Key;
  try {
    made = make(readFileSync(path, "utf8"));
  } catch (error) {
    throw unusable(reason(error), error);
  }
  if (made.key.asymmetricKeyType !== "ed25519")
    throw unusable(`it is a key of ${made.key.asymmetricKeyType}, not ed25519`);
  return made;
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return "there is no such file or folder";
  if (code === "EEXIST") return "it is there already";
  return code.startsWith("E") && !code.startsWith("ERR_") ? code : "it is no PEM of such a key";
}
