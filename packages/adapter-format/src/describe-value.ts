// Foreign names and values in messages: short, on one line, without control characters.

const longest = 120;

/** A value as JSON, cut to 120 characters; what JSON cannot say by its type. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  if (value instanceof Map) return describeValue(Object.fromEntries(value));
  const text = JSON.stringify(value) ?? typeof value;
  const plain = text.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}
