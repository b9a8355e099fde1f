// Attributes of a node as a model.json has them: TensorFlow's protocol buffers in JSON, where whole numbers may be texts and
// texts are base64.

/** What a node is told besides its inputs. */
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

function field(attribute: unknown, kind: string): unknown {
  return typeof attribute === "object" && attribute !== null ? Reflect.get(attribute, kind) : undefined;
}

function list(attribute: unknown, kind: string): readonly unknown[] {
  const values = field(field(attribute, "list"), kind);
  return Array.isArray(values) ? values : [];
}

/** base64, or the bytes one by one, as TensorFlow.js's converter wrote both. */
function decoded(value: unknown): string | undefined {
  if (typeof value === "string") return atob(value);
  if (Array.isArray(value)) return String.fromCharCode(...value.map(Number));
  return undefined;
}
