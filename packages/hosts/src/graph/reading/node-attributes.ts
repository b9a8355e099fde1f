// Attributes of a node in a model.json: TensorFlow's protocol buffers as JSON, where integers may be texts and texts are base64.

/** Reads the attributes of a node. */
export class NodeAttributes {
  constructor(private readonly raw: Readonly<Record<string, unknown>>) {}

  flag(name: string): boolean {
    return field(this.raw[name], "b") === true;
  }

  number(name: string, absent: number): number {
    const attribute = this.raw[name];
    const value = field(attribute, "i") ?? field(attribute, "f");
    return value === undefined ? absent : Number(value);
  }

  numbers(name: string): readonly number[] {
    return list(this.raw[name], "i").map(Number);
  }

  text(name: string, absent: string): string {
    return decoded(field(this.raw[name], "s")) ?? absent;
  }

  texts(name: string): readonly string[] {
    return list(this.raw[name], "s").flatMap((value) => decoded(value) ?? []);
  }
}

function list(attribute: unknown, kind: string): readonly unknown[] {
  const values = field(field(attribute, "list"), kind);
  return Array.isArray(values) ? values : [];
}

/** Decodes base64 or a list of bytes; TensorFlow.js's converter writes both. */
function decoded(value: unknown): string | undefined {
  if (typeof value === "string") return atob(value);
  if (Array.isArray(value)) return String.fromCharCode(...value.map(Number));
  return undefined;
}

/** A property of a value from a file; undefined if the value is no object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
