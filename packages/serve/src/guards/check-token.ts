// Whether a request carries the secret that the server was started with.

import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../errors.ts";

/** Throws RequestError. Takes as long for any wrong token as for any other. */
export function checkToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new RequestError(401, "INVALID_API_KEY", "The Authorization header has no valid bearer token for this server.");
}

/** Of equal length whatever it is made of, as the comparison needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
