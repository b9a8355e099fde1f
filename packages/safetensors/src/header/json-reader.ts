// Reads the JSON of a header token by token. It refuses input that JSON.parse accepts: duplicate keys (also with escapes, "a" and
// "\u0061"), lone surrogates, 2.0 or 2e0 for an integer, and deep nesting.

/** The text is not the JSON that was expected; `position` counts UTF-16 units. */
export class JsonSyntaxError extends Error {
  constructor(
    problem: string,
    readonly position: number,
  ) {
    super(`${problem} at character ${position}`);
  }
}

const maximumDepth = 16;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** A cursor over one JSON text. Each `read…` consumes one value or throws a JsonSyntaxError. */
export class JsonReader {
  private position = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  /** Reads an object, calling `readValue` for each key; the callback must consume the value. */
  readObject(readValue: (key: string) => void): void {
    const keys = new Set<string>();
    this.readSequence("{", "}", () => {
      const key = this.readString();
      if (keys.has(key)) throw this.error(`duplicate key ${JSON.stringify(key.slice(0, 200))}`);
      keys.add(key);
      this.expect(":");
      readValue(key);
    });
  }

  /** Reads an array, calling `readItem` for each item; the callback must consume the item. */
  readArray(readItem: () => void): void {
    this.readSequence("[", "]", readItem);
  }

  readString(): string {
    this.expect('"');
    const start = this.position;
    let escaped = false;
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code === 0x22) break;
      if (Number.isNaN(code)) throw this.error("unfinished string");
      if (code < 0x20) throw this.error("control character in a string");
      escaped ||= code === 0x5c;
      this.position += code === 0x5c ? 2 : 1;
    }
    const raw = this.text.slice(start, this.position);
    this.position += 1;
    return escaped ? this.unescape(raw, start) : raw;
  }

  /**
   * Reads an integer of at most 64 bits without sign, point or exponent. From 2⁵³ on the result is rounded and no safe integer,
   * which callers check.
   */
  readUnsigned(): number {
    this.skipSpace();
    const start = this.position;
    while (isDigit(this.text.charCodeAt(this.position))) this.position += 1;
    const digits = this.text.slice(start, this.position);
    if (digits === "") throw this.error("expected a non-negative integer");
    if (digits.length > 1 && digits.startsWith("0")) throw this.error("integer with a leading zero");
    if (/[.eE]/.test(this.text.charAt(this.position))) throw this.error("expected an integer, not a fraction");
    if (digits.length > 20 || (digits.length > 15 && BigInt(digits) >= 2n ** 64n))
      throw this.error("integer over 64 bits");
    return Number(digits);
  }

  /** Reads any value and returns its source text. */
  skipValue(): string {
    this.skipSpace();
    const start = this.position;
    const first = this.text.charAt(start);
    if (first === "{") this.readObject(() => this.skipValue());
    else if (first === "[") this.readArray(() => this.skipValue());
    else if (first === '"') this.readString();
    else this.skipLiteral();
    return this.text.slice(start, this.position);
  }

  /** Consumes `null` if it is next. */
  skipNull(): boolean {
    if (!this.startsWith("n")) return false;
    this.skipLiteral();
    return true;
  }

  /** Whether the next token starts with `character`; consumes nothing but space. */
  startsWith(character: string): boolean {
    this.skipSpace();
    return this.text.charAt(this.position) === character;
  }

  /** Throws unless only space is left. */
  end(): void {
    this.skipSpace();
    if (this.position < this.text.length) throw this.error("trailing characters");
  }

  /** An error at the current position. */
  error(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(
      this.position >= this.text.length ? `${problem}: the text ends` : problem,
      this.position,
    );
  }

  private readSequence(open: string, close: string, readItem: () => void): void {
    this.expect(open);
    if (this.depth >= maximumDepth) throw this.error(`nesting deeper than ${maximumDepth}`);
    this.depth += 1;
    if (!this.startsWith(close)) {
      readItem();
      while (this.startsWith(",")) {
        this.position += 1;
        readItem();
      }
    }
    this.expect(close);
    this.depth -= 1;
  }

  private expect(character: string): void {
    if (!this.startsWith(character)) throw this.error(`expected ${character}`);
    this.position += 1;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
      this.position += 1;
    }
  }

  private skipLiteral(): void {
    const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
    literal.lastIndex = this.position;
    const match = literal.exec(this.text);
    if (match === null) throw this.error("expected a value");
    this.position = literal.lastIndex;
  }

  private unescape(raw: string, start: number): string {
    let result = "";
    for (let index = 0; index < raw.length; index += 1) {
      if (raw.charAt(index) !== "\\") {
        result += raw.charAt(index);
        continue;
      }
      index += 1;
      const plain = escapes.get(raw.charAt(index));
      const hex = raw.slice(index + 1, index + 5);
      if (plain !== undefined) result += plain;
      else if (raw.charAt(index) === "u" && /^[0-9a-fA-F]{4}$/.test(hex)) {
        result += String.fromCharCode(Number.parseInt(hex, 16));
        index += 4;
      } else throw new JsonSyntaxError("unknown escape", start + index);
    }
    if (hasLoneSurrogate(result)) throw new JsonSyntaxError("lone surrogate in a string", start);
    return result;
  }
}

/** Whether a string contains a lone surrogate, which UTF-8 cannot encode. */
export function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
