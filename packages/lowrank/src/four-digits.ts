/** A number for reports, with four significant digits. */
export function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
