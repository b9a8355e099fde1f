// What a person teaches, in the part of the address behind the #: browsers send that to no server. A link comes from
// anybody, so it is bounded before it is unpacked, and checked before it is believed.

import { deflateSync, Inflate, strFromU8, strToU8 } from "fflate";
import { mostRows, readShared } from "./read-shared.ts";
import { ShareLinkError } from "./share-link-error.ts";
import type { Shared } from "./shared.ts";

/** The first letters say which form it has, so that a later one can be told from a broken one. */
const form = "#teach1=";
/** Characters of a link. What takes more is shared as a file. */
const mostCharacters = 64_000;
const mostBytes = 1_000_000;

/** Whether an address says that it carries something. */
export const isShareLink = (hash: string): boolean => hash.startsWith("#teach");

/** The hash, with its #. Throws a ShareLinkError where the rows are too many for a link. */
export function writeShareLink(shared: Shared): string {
  const bytes = strToU8(JSON.stringify(shared));
  const text = form + toBase64Url(deflateSync(bytes, { level: 9 }));
  const isTooMuch = shared.rows.length > mostRows || bytes.length > mostBytes || text.length > mostCharacters;
  if (isTooMuch) throw new ShareLinkError("too-large");
  return text;
}

/** Throws a ShareLinkError: "newer", "damaged" or "too-large". */
export function readShareLink(hash: string): Shared {
  if (!hash.startsWith(form)) throw new ShareLinkError("newer");
  if (hash.length > mostCharacters) throw new ShareLinkError("too-large");
  let parsed: unknown;
  try {
    parsed = JSON.parse(strFromU8(inflateAtMost(fromBase64Url(hash.slice(form.length)))));
  } catch (cause) {
    if (cause instanceof ShareLinkError) throw cause;
    throw new ShareLinkError("damaged", { cause });
  }
  return readShared(parsed);
}

/** Stops at the first byte too many: 64 000 characters can unpack to 50 MB. */
function inflateAtMost(packed: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const inflate = new Inflate((part, final) => {
    length += part.length;
    if (length > mostBytes) throw new ShareLinkError("too-large");
    parts.push(part);
    isWhole = final;
  });
  const step = 512;
  for (let start = 0; start < packed.length; start += step) {
    inflate.push(packed.subarray(start, start + step), start + step >= packed.length);
  }
  if (!isWhole) throw new ShareLinkError("damaged");
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
