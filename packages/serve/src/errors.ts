// Errors of requests, with their HTTP status, and of the options of `serve`.

import { itemized, LowrankError } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";

/** A request gets an error as answer; `status` is the HTTP status. Correct the request as the message describes. */
export class RequestError extends LowrankError {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503,
    code: string,
    message: string,
    /** The field that is wrong. */
    readonly param: string | null = null,
  ) {
    super(code, message);
  }
}

/** Fields of the request's body are invalid or not supported. Correct the listed fields. */
export class InvalidRequestError extends RequestError {
  constructor(readonly faults: readonly { readonly param: string; readonly fault: string }[]) {
    const lines = faults.map(({ param, fault }) => `${param}: ${fault}`);
    super(400, "INVALID_REQUEST", `The request cannot be served:${itemized(lines)}`, faults[0]?.param ?? null);
  }
}

/** An option of `serve` is invalid. Correct the option that the message names. */
export function serveOptionError(option: string, got: unknown, expected: string) {
  return failure("SERVE_OPTION", `${option} is ${String(got)}; expected ${expected}.`, { option });
}
