// Downloads a file from the Hub, with at most the announced size, and throws unless the content has the announced hash.

import { createHash, type Hash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { HubFileError } from "../../errors/model-errors.ts";
import { bodyOf, type HubAccess, hubEndpoint, hubFetch, refusal } from "./hub-access.ts";
import { encodedPath, type HubFile, type HubRequest } from "./list-repository.ts";

export interface HubSource extends HubRequest {
  readonly commit: string;
  readonly file: HubFile & { readonly size: number };
}

/** Maximum number of requests for one file: the first, and those that resume it. */
const maxAttempts = 5;
/** Waiting time before the second attempt, in milliseconds; it doubles each time. */
const firstWait = 200;

/** The pieces of a file. Resumes a lost connection. Throws HubFileError unless size and hash match. */
export async function* downloadFile(source: HubSource, access: HubAccess): AsyncGenerator<Uint8Array> {
  const { size, hash: expected } = source.file;
  const hash = contentHash(expected, size);
  let received = 0;
  for (let attempt = 1; received < size || attempt === 1; attempt += 1) {
    const before = received;
    try {
      for await (const piece of bytesFrom(received, source, access)) {
        received += piece.length;
        if (received > size) throw unfit(source, `more than ${size} bytes`);
        hash.update(piece);
        yield piece;
      }
      const isStuck = received === before || attempt === maxAttempts;
      if (isStuck && received < size) throw unfit(source, `${received} bytes`);
    } catch (error) {
      if (error instanceof HubFileError || received === 0 || attempt === maxAttempts) throw error;
      await setTimeout(firstWait * 2 ** (attempt - 1));
    }
  }
  const found = hash.digest("hex");
  if (found !== expected) throw unfit(source, `content with the hash ${found}`);
}

/** The algorithm of a file's hash: SHA-256, or SHA-1 as in git, which also hashes the size. */
export function contentHash(expected: string, size: number): Hash {
  return expected.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

async function* bytesFrom(start: number, source: HubSource, access: HubAccess): AsyncGenerator<Uint8Array> {
  const { type, repository, commit, file } = source;
  const path = `${type === "model" ? "" : `${type}s/`}${repository}/resolve/${commit}/${encodedPath(file.path)}`;
  // A compressed body could not be resumed in the middle.
  const headers = { "Accept-Encoding": "identity", ...(start === 0 ? {} : { Range: `bytes=${start}-` }) };
  const answer = await hubFetch(access)(`${hubEndpoint(access)}/${path}`, { headers });
  if (!answer.ok) throw refusal(answer);
  let skip = answer.status === 206 ? 0 : start;
  for await (const piece of bodyOf(answer)) {
    const rest = piece.subarray(skip);
    skip -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

function unfit({ input, file }: HubSource, found: string): HubFileError {
  const expected = `${file.size} bytes with the hash ${file.hash}`;
  const advice =
    "Nothing was stored. Try again. If it happens again, check the answers of any proxy between this machine and the Hub.";
  return new HubFileError(input, file.path, { found, expected, advice });
}
