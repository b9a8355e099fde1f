// What a client did wrong or cannot have now, as HTTP says it; and what `serve` cannot do.

import { itemized, LowrankError } from "@lowrank/contracts";

/** A request that is answered with an error; `status` is HTTP's. */
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

/** A body whose fields cannot be served; every fault is listed. */
export class InvalidRequestError extends RequestError {
  constructor(readonly faults: readonly { readonly param: string; readonly fault: string }[]) {
    const lines = faults.map(({ param, fault }) => `${param}: ${fault}`);
    super(400, "INVALID_REQUEST", `The request cannot be served:${itemized(lines)}`, faults[0]?.param ?? null);
  }
}

/** Options of `serve` that cannot be. */
export class ServeOptionError extends LowrankError {
  constructor(
    readonly option: string,
    got: unknown,
    expected: string,
  ) {
    super("SERVE_OPTION", `${option} is ${String(got)}; expected ${expected}.`);
  }
}
