// The settings of the page as the library has them.

import type { OpenedModel } from "lowrank/browser";
import type { AdapterSettings } from "../../protocol/run.ts";
import type { LoadedModel } from "../worker-state.ts";

export type AdapterConfig = NonNullable<Parameters<OpenedModel["plan"]>[0]>;

/** The base's name in an adapter's file, by which other programs find it. */
export function adapterConfig(settings: AdapterSettings, { facts }: Pick<LoadedModel, "facts">): AdapterConfig {
  const { rank, alpha, targets, dropout, useDora, start } = settings;
  return {
    rank,
    alpha,
    dropout,
    useDora,
    targetModules: targets === "all-linear" ? targets : [...targets],
    init: start === "kaiming" ? true : start,
    ...(facts.address === undefined ? {} : { baseModel: facts.address }),
  };
}
