// What a configuration switches on or off, and the numbers that only some families have.

import { activationName } from "./activation-config.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { ConfigTable, ScalarName, SwitchName } from "./config-table.ts";

/** What is on; problems go to the reader. */
export function readSwitches(
  reader: ConfigReader,
  { switches = {}, activation }: ConfigTable,
): Record<SwitchName, boolean> {
  const isOn = (name: SwitchName): boolean => {
    const row = switches[name];
    if (row === undefined) return false;
    const other = row.otherwise === undefined ? null : reader.flag(row.otherwise);
    return reader.flag(row.key) ?? other ?? row.fallback;
  };
  return {
    attentionBias: isOn("attentionBias"),
    feedForwardBias: isOn("feedForwardBias"),
    parallelResidual: isOn("parallelResidual"),
    queryKeyNorm: isOn("queryKeyNorm"),
    normBefore: isOn("normBefore"),
    groupedHeads: isOn("groupedHeads"),
    sharedKeys: isOn("sharedKeys"),
    alibi: isOn("alibi"),
    gatedFeedForward:
      activation.gatedBy !== undefined && activationName(reader, activation).startsWith(activation.gatedBy),
    scaledOutput: isOn("scaledOutput"),
    scaledEmbedding: isOn("scaledEmbedding"),
    scaledScores: isOn("scaledScores"),
    scaledByLayer: isOn("scaledByLayer"),
    residualAfterNorm: isOn("residualAfterNorm"),
    withoutLastNorm: isOn("withoutLastNorm"),
    normGains: isOn("normGains"),
    reversedSight: isOn("reversedSight"),
  };
}

/** The numbers of single families, null where a model computes without; problems go to the reader. */
export function readScalars(reader: ConfigReader, { scalars = {} }: ConfigTable): Record<ScalarName, number | null> {
  const read = (name: ScalarName): number | null => {
    const row = scalars[name];
    if (row === undefined) return null;
    // A key that is there and null switches the bound off; only an absent one gives way to the family's number.
    if (reader.peek(row.key) === undefined) return row.fallback;
    return reader.number(row.key, { least: 1e-6, most: 1e6 });
  };
  return {
    scoreCap: read("scoreCap"),
    logitCap: read("logitCap"),
    scoreWidth: read("scoreWidth"),
    parallelNorms: read("parallelNorms"),
  };
}
