// The hook points of a model by path.

import type { AdaptableModel, Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { stalePlanError } from "../errors/errors.ts";

export interface HookPointPaths {
  readonly sites: readonly string[];
  readonly parameters: readonly string[];
}

export class HookPoints {
  readonly #sites: ReadonlyMap<string, Site>;
  readonly #parameters: ReadonlyMap<string, ParameterRef>;

  /**
   * `required`: hook points that must exist.
   *
   * @throws STALE_PLAN listing all missing ones
   */
  constructor(model: AdaptableModel, required: HookPointPaths) {
    this.#sites = new Map(model.sites().map((site) => [site.path, site]));
    this.#parameters = new Map(model.parameters().map((parameter) => [parameter.path, parameter]));
    const missing = [
      ...required.sites.filter((path) => !this.#sites.has(path)),
      ...required.parameters.filter((path) => !this.#parameters.has(path)),
    ];
    if (missing.length) throw stalePlanError(missing);
  }

  /** One of the required sites. */
  site(path: string): Site {
    return this.#sites.get(path)!;
  }

  /** One of the required parameters. */
  parameter(path: string): ParameterRef {
    return this.#parameters.get(path)!;
  }

  findParameter(path: string): ParameterRef | undefined {
    return this.#parameters.get(path);
  }
}
