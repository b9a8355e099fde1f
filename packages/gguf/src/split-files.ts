// Reads files that llama.cpp's gguf-split has split: each part is a GGUF file with its own tensors, and the first has the metadata.

import type { GgufSource } from "./binary-reader.ts";
import { GgufError } from "./errors.ts";
import type { GgufHeader, GgufTensorInfo } from "./parse-header.ts";

/** A source that may need closing. */
export interface GgufPart extends GgufSource {
  close?(): Promise<void>;
}

/** Parts as one source of bytes. */
export interface GgufParts extends GgufPart {
  readonly parts: readonly GgufPart[];
}

const partName = /^(.*-)(\d{5})-of-(\d{5})(\.gguf)$/;
const maxParts = 1000;

/** Names of all parts of a split file, from the name of one part. For other files, only the name itself. */
export function ggufPartNames(name: string): readonly string[] {
  const [, before = "", , count = "", after = ""] = partName.exec(name) ?? [];
  const parts = Number(count);
  if (count === "" || parts === 0 || parts > maxParts) return [name];
  return Array.from(
    { length: parts },
    (_, part) => `${before}${String(part + 1).padStart(5, "0")}-of-${count}${after}`,
  );
}

/**
 * Opens a file's source. For a part's name ("model-00001-of-00003.gguf"), all parts are opened as one source, which
 * `openGguf` reads as one file. If a part cannot be opened, the others are closed again.
 *
 * @param open Opens the file with a name.
 * @throws What `open` throws.
 *
 * @example
 * ```ts
 * import { openGgufParts } from "@lowrank/gguf";
 *
 * const open = async (name: string) => ({ name, size: 4, read: async () => new Uint8Array(4) });
 * const source = await openGgufParts("model-00001-of-00002.gguf", open);
 * if (source.size !== 8) throw new Error("a part is missing");
 * ```
 */
export async function openGgufParts(
  name: string,
  open: (name: string) => Promise<GgufPart>,
): Promise<GgufPart | GgufParts> {
  const opened: GgufPart[] = [];
  const close = async () => void (await Promise.all(opened.map((part) => part.close?.())));
  try {
    for (const part of ggufPartNames(name)) opened.push(await open(part));
  } catch (error) {
    await close();
    throw error;
  }
  const [only] = opened;
  if (opened.length === 1 && only !== undefined) return only;
  return {
    name,
    size: opened.reduce((sum, { size }) => sum + size, 0),
    parts: opened,
    read: (offset, length) => readFrom(opened, offset, length),
    close,
  };
}

/** Reads from one part: no tensor spans two parts, so no requested range does. */
async function readFrom(parts: readonly GgufSource[], offset: number, length: number): Promise<Uint8Array> {
  let start = 0;
  for (const part of parts) {
    if (offset < start + part.size) return part.read(offset - start, length);
    start += part.size;
  }
  return new Uint8Array(0);
}

/** Joins the parts' headers; offsets count from the start of the first part. Throws GgufError `GGUF_SPLIT`. */
export function joinHeaders(headers: readonly GgufHeader[], source: GgufParts): GgufHeader {
  const [first] = headers;
  if (first === undefined) throw new GgufError("GGUF_SPLIT", "There are no parts.", { file: source.name });
  const tensors = new Map<string, GgufTensorInfo>();
  let start = 0;
  for (const [index, header] of headers.entries()) {
    const part = source.parts[index];
    checkPart(header, { index, count: headers.length, file: part?.name ?? source.name });
    for (const [name, info] of header.tensors) {
      if (tensors.has(name)) {
        const problem = `The tensor ${JSON.stringify(name)} is already in another part.`;
        throw new GgufError("GGUF_SPLIT", problem, { file: part?.name, tensor: name });
      }
      tensors.set(name, { ...info, offset: start + info.offset });
    }
    start += part?.size ?? 0;
  }
  return { ...first, tensors };
}

/** Refuses a part that is opened alone or under another part's name, because tensors would be missing. */
export function checkPart(
  { metadata }: GgufHeader,
  { index, count, file }: { readonly index: number; readonly count: number; readonly file: string },
): void {
  const parts = metadata.get("split.count") ?? 1;
  const number = metadata.get("split.no") ?? 0;
  if (Number(parts) <= 1 ? count === 1 : Number(parts) === count && Number(number) === index) return;
  const expected = count === 1 ? "the whole file" : `part ${index + 1} of ${count}`;
  const problem =
    `This is part ${Number(number) + 1} of ${Number(parts)}; expected ${expected}. ` +
    "Open all parts together, by a name that ends in -00001-of-0000n.gguf, or join them with llama.cpp's gguf-split --merge.";
  throw new GgufError("GGUF_SPLIT", problem, { file });
}
