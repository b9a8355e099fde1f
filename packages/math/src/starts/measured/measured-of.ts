// What a start needs of the data, or an error that says how to get it.

import { MissingMeasurementError } from "../../errors.ts";
import type { Measured, StartRequest } from "../initialization.ts";

/** Throws MissingMeasurementError. */
export function measuredOf<Kind extends keyof Measured>(
  request: StartRequest,
  kind: Kind,
): NonNullable<Measured[Kind]> {
  const found = request.measured?.[kind];
  if (!found) throw new MissingMeasurementError(String(request.init), request.key.path, kind);
  return found;
}
