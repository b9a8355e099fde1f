// Protects against DNS rebinding: a web page may point its own name at this machine, and its requests then have that name as `Host`.

import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../errors.ts";

/** The names of the local machine. */
export const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/** Throws RequestError unless the requested host is this machine's own or one of `allowed`. */
export function checkHost(host: string | undefined, allowed: readonly string[]): void {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (ownNames.includes(name) || allowed.includes(name)) return;
  throw new RequestError(
    403,
    "HOST_NOT_ALLOWED",
    `The host "${name}" is not allowed. Add it to allowedHosts if it is this server's.`,
  );
}

/** Throws RequestError for a wrong token, in constant time. */
export function checkToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new RequestError(401, "INVALID_API_KEY", "The Authorization header has no valid bearer token for this server.");
}

/** A hash of constant length, which the comparison needs. */
export function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
