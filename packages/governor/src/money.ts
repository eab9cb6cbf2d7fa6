/** Millionths in one. Money is counted in millionths of a currency, whole numbers, so that sums are exact. */
const MICROS = 1_000_000;

/**
 * An amount as a person writes it, in millionths. A number is taken by its shortest digits, so that 0.1 is a tenth.
 *
 * @returns null for what is no amount: negative, more than six decimals, more than 999999999
 */
export function microsOf(amount: number | string): number | null {
  const [, whole, decimals = ""] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(String(amount)) ?? [];
  return whole === undefined ? null : Number(whole) * MICROS + Number(decimals.padEnd(6, "0"));
}

/** `12.34 EUR`: as many decimals as it needs, at least two. */
export function sayMoney(micros: number, currency: string): string {
  const decimals = String(micros % MICROS)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${Math.floor(micros / MICROS)}.${decimals} ${currency}`;
}

/** `12.34`: an amount as `microsOf` reads it back. */
export const amountOf = (micros: number): string => sayMoney(micros, "").trimEnd();
