// A page that a person visits may have its own name lead to this machine (DNS rebinding): it then sends that name as `Host`.

import { RequestError } from "../errors.ts";

/** By which every machine may be asked for. */
export const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/** Throws RequestError unless the host that a client asked for is this machine's own or one of `allowed`. */
export function checkHost(host: string | undefined, allowed: readonly string[]): void {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (ownNames.includes(name) || allowed.includes(name)) return;
  throw new RequestError(
    403,
    "HOST_NOT_ALLOWED",
    `The host "${name}" is not served here. Name it among allowedHosts if it is this server's.`,
  );
}
