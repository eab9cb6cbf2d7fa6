/** Why an action of one task was ended: a person wants no more of it. */
export class Cancelled {
  readonly by: string;
  readonly reason: string;
  constructor({ by, reason }: { by: string; reason: string }) {
    this.by = by;
    this.reason = reason;
  }
  toString(): string {
    return `by ${this.by}${this.reason === "" ? "" : `: ${this.reason}`}`;
  }
}
