// Whether bytes are a safetensors file, written from the format's specification and from nothing of @lowrank/safetensors:
// two readers that agree on millions of files are seldom wrong alike.

/** What this checker says of a file. */
export interface SpecifiedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const bits = new Map(
  Object.entries({ BOOL: 8, U8: 8, I8: 8, I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, F64: 64 }),
);
for (const name of ["I64", "U64", "C64"]) bits.set(name, 64);
for (const name of ["F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]) bits.set(name, 8);
for (const [name, size] of [
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
] as const)
  bits.set(name, size);

/** Beyond the specification, as SECURITY.md says: dimensions, nesting of unknown fields, the header's size. */
const max = { rank: 32, depth: 16, header: 25_000_000n, integer: 2n ** 53n };

type Value = { readonly text: string } | Value[] | ReadonlyMap<string, Value>;

/** The tensors of a file by name; undefined if it breaks a rule. */
export function specifiedTensors(file: Uint8Array): ReadonlyMap<string, SpecifiedTensor> | undefined {
  if (file.length < 8) return undefined;
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > max.header || length > BigInt(file.length - 8)) return undefined;
  const header = readJson(file.subarray(8, 8 + Number(length)));
  if (!(header instanceof Map)) return undefined;
  const tensors = new Map<string, SpecifiedTensor>();
  for (const [name, value] of header) {
    const tensor = name === "__metadata__" ? undefined : tensorOf(value);
    if (name === "__metadata__" ? !isTextMap(value) : tensor === undefined) return undefined;
    if (tensor !== undefined) tensors.set(name, tensor);
  }
  return fillsBuffer([...tensors.values()], file.length - 8 - Number(length)) ? tensors : undefined;
}

/** No hole, no overlap, no tail. */
function fillsBuffer(tensors: readonly SpecifiedTensor[], size: number): boolean {
  const inOrder = [...tensors].sort((one, other) => one.begin - other.begin || one.end - other.end);
  let end = 0;
  for (const tensor of inOrder) {
    if (tensor.begin !== end || tensor.end < end) return false;
    end = tensor.end;
  }
  return end === size;
}

function tensorOf(entry: Value | undefined): SpecifiedTensor | undefined {
  if (!(entry instanceof Map)) return undefined;
  const dtype = textOf(entry.get("dtype"));
  const [shape, offsets] = [integersOf(entry.get("shape")), integersOf(entry.get("data_offsets"))];
  const size = bits.get(dtype ?? "");
  if (dtype === undefined || size === undefined || shape === undefined || offsets?.length !== 2) return undefined;
  let elements = 1n;
  for (const dimension of shape) {
    elements *= dimension;
    if (dimension >= max.integer || elements >= max.integer) return undefined;
  }
  const [begin = 0n, end = 0n] = offsets;
  const total = elements * BigInt(size);
  if (shape.length > max.rank || total >= max.integer || total % 8n !== 0n || end - begin !== total / 8n)
    return undefined;
  return { dtype, shape: shape.map(Number), begin: Number(begin), end: Number(end) };
}

/** Null is none. */
function isTextMap(value: Value): boolean {
  if ("text" in value) return value.text === "null";
  return value instanceof Map && [...value.values()].every((text) => textOf(text) !== undefined);
}

function textOf(value: Value | undefined): string | undefined {
  return value !== undefined && "text" in value && value.text.startsWith('"') ? JSON.parse(value.text) : undefined;
}

function integersOf(value: Value | undefined): bigint[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.map((entry) => ("text" in entry ? entry.text : ""));
  const areIntegers = texts.every((text) => /^(0|[1-9]\d{0,19})$/.test(text) && BigInt(text) < 2n ** 64n);
  return areIntegers ? texts.map(BigInt) : undefined;
}

const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
  /[ \t\r\n]*([{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** JSON without keys that occur twice and without halves of characters; numbers stay as they are written. */
function readJson(bytes: Uint8Array): Value | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  let position = 0;
  const next = (): string => {
    token.lastIndex = position;
    const match = token.exec(text);
    position = token.lastIndex;
    return match?.[1] ?? "";
  };
  const peek = (): string => {
    const before = position;
    const found = next();
    position = before;
    return found;
  };
  const readMembers = (close: string, readMember: () => boolean): boolean => {
    if (peek() === close) return next() === close;
    do if (!readMember()) return false;
    while (peek() === "," && next());
    return next() === close;
  };
  const read = (depth: number): Value | undefined => {
    const first = next();
    if (first === "{" && depth < max.depth) {
      const entries = new Map<string, Value>();
      const isWhole = readMembers("}", () => {
        const key = stringOf(next());
        const value = key !== undefined && !entries.has(key) && next() === ":" ? read(depth + 1) : undefined;
        if (value !== undefined) entries.set(key ?? "", value);
        return value !== undefined;
      });
      return isWhole ? entries : undefined;
    }
    if (first === "[" && depth < max.depth) {
      const items: Value[] = [];
      const isWhole = readMembers("]", () => {
        const value = read(depth + 1);
        if (value !== undefined) items.push(value);
        return value !== undefined;
      });
      return isWhole ? items : undefined;
    }
    if (first.startsWith('"')) return stringOf(first) === undefined ? undefined : { text: first };
    return first === "" || "{}[]:,".includes(first) ? undefined : { text: first };
  };
  const value = read(0);
  return value !== undefined && /^[ \t\r\n]*$/.test(text.slice(position)) ? value : undefined;
}

function stringOf(word: string): string | undefined {
  if (!word.startsWith('"')) return undefined;
  const text: string = JSON.parse(word);
  return /\p{Surrogate}/u.test(text) ? undefined : text;
}
