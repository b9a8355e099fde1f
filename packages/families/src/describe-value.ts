// Values from foreign files in messages: short, on one line, without control characters.

const longest = 80;

/** A value as JSON, cut to 80 characters; what JSON cannot say by its type. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  const plain = text.replace(/[\u007f-\u009f\u2028\u2029]/g, "?");
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}
