// A model folder on a web server, read in ranges so that no file has to be in memory whole.

import { bytesUpTo } from "@lowrank/contracts/internal";
import { bytesSource } from "@lowrank/safetensors";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { modelFileError } from "../errors.ts";
import { checkFileName, decodeText, type ModelFolder } from "./model-folder.ts";

/** Bytes in one request: tensors are read in file order, so small ones need no request of their own. */
const chunkBytes = 4_000_000;
const knownFiles = [
  "config.json",
  "generation_config.json",
  ...["preprocessor_config.json", "processor_config.json"],
  "model.safetensors",
  "model.safetensors.index.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
  // The vocabulary files of folders without a tokenizer.json.
  ...["added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "spm.model"],
  ...["sentencepiece.bpe.model", "source.spm", "target.spm"],
];

/**
 * A Hugging Face folder at a URL, for browsers. Files are read by HTTP ranges; a server without ranges sends each file
 * completely.
 *
 * @param baseUrl URL of the folder; a trailing slash is optional.
 * @param fetchFile default: the platform's `fetch`.
 * @throws MODEL_FILE on reading, naming the file and the HTTP status.
 */
export function fetchedFolder(baseUrl: string, fetchFile: typeof fetch = fetch): ModelFolder {
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;

  async function request(file: string, init?: RequestInit): Promise<Response> {
    checkFileName(baseUrl, file);
    try {
      return await fetchFile(base + encodeURIComponent(file), init);
    } catch (cause) {
      throw modelFileError(baseUrl, file, `the request failed (${(cause as Error).message})`, { cause });
    }
  }

  async function demand(file: string, init?: RequestInit): Promise<Response> {
    const response = await request(file, init);
    if (!response.ok) throw modelFileError(baseUrl, file, `the server answered ${response.status}`);
    return response;
  }

  const folder: ModelFolder = {
    name: baseUrl,
    async list() {
      const exists = await Promise.all(knownFiles.map((file) => folder.has(file)));
      return knownFiles.filter((_, index) => exists[index]);
    },
    async has(file) {
      const { ok, headers } = await request(file, { method: "HEAD" });
      return ok && !headers.get("Content-Type")?.startsWith("text/html"); // a single-page app's answer to missing files
    },
    async readText(file, { maxBytes }) {
      const response = await demand(file);
      const bytes = await bytesUpTo(response, maxBytes, () => {
        throw modelFileError(baseUrl, file, `it is larger than ${maxBytes} bytes`);
      });
      return decodeText(baseUrl, file, bytes);
    },
    async open(file) {
      const first = await demand(file, { headers: { Range: `bytes=0-${chunkBytes - 1}` } });
      const bytes = new Uint8Array(await first.arrayBuffer());
      if (first.status !== 206) return bytesSource(bytes, file);
      const size = totalSize(first.headers.get("Content-Range"));
      // Another site's server may keep that header from us.
      if (size === undefined) return bytesSource(new Uint8Array(await (await demand(file)).arrayBuffer()), file);
      const fetchRange = async (begin: number, end: number): Promise<Uint8Array> => {
        const response = await demand(file, { headers: { Range: `bytes=${begin}-${end - 1}` } });
        if (response.status !== 206) throw modelFileError(baseUrl, file, "the server stopped sending ranges");
        return new Uint8Array(await response.arrayBuffer());
      };
      return rangedSource({ folder: baseUrl, file, size, bytes, fetchRange });
    },
  };
  return folder;
}

interface Ranged {
  readonly folder: string;
  readonly file: string;
  readonly size: number;
  /** The first bytes of the file. */
  readonly bytes: Uint8Array;
  fetchRange(begin: number, end: number): Promise<Uint8Array>;
}

function rangedSource({ folder, file, size, bytes, fetchRange }: Ranged): ByteSource {
  let chunk = { begin: 0, bytes };
  return {
    name: file,
    size,
    async read(offset, length) {
      const end = offset + length;
      if (end > size) throw modelFileError(folder, file, `it ends at byte ${size}, before byte ${end}`);
      if (offset < chunk.begin || end > chunk.begin + chunk.bytes.length) {
        const fetched = await fetchRange(offset, Math.min(size, offset + Math.max(length, chunkBytes)));
        chunk = { begin: offset, bytes: fetched };
      }
      const part = chunk.bytes.slice(offset - chunk.begin, end - chunk.begin);
      if (part.length !== length) throw modelFileError(folder, file, `only ${part.length} of ${length} bytes arrived`);
      return part;
    },
  };
}

/** "bytes 0-99/1234" → 1234. */
function totalSize(contentRange: string | null): number | undefined {
  const match = /^bytes \d+-\d+\/(\d{1,15})$/.exec(contentRange ?? "");
  return match === null ? undefined : Number(match[1]);
}
