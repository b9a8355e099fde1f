// lowrank doctor --verify: whether the files in the Hub's cache are what was sent.

import { CacheDamagedError } from "../../errors/model-errors.ts";
import { hubCache } from "../../node/hub/hub-access.ts";
import { verifyCache } from "../../node/hub/hub-cache.ts";
import type { Report } from "../terminal/report.ts";

/** Hashes every file of the cache. Throws CacheDamagedError where some are not what their names say. */
export async function runVerify(report: Report): Promise<void> {
  const cache = hubCache({});
  const { files, damaged } = await verifyCache({});
  report.emit({ cache, files, damaged });
  if (damaged.length > 0) throw new CacheDamagedError(cache, damaged, files);
  report.say(`${files} files in ${cache}: each has the content that its hash says`);
}
