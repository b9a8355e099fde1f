// Facts that a person wants to know about a model before using it.

import type { Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { EmbeddingSite, LinearSite } from "@lowrank/engine/hook-points";
import type { PretrainedModel } from "./pretrained-model.ts";

/** Sizes of a model. */
export interface ModelDescription {
  readonly modelType: string;
  readonly task: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  /** Numbers in all weights; a tied head and repeated layers are not counted twice. */
  readonly parameters: number;
  /** Memory of the weights as they are kept: float32, or fewer bits if `basePrecision` selects that. */
  readonly bytes: number;
  readonly linearSites: number;
  readonly newParameters: readonly string[];
  readonly fingerprint: string;
}

/** Counts a model's parameters and describes it. */
export function describeModel(model: PretrainedModel): ModelDescription {
  const { modelType, task, newParameters, fingerprint, config } = model;
  const { layers, hiddenSize, vocabularySize, maxPositions } = config;
  const sites = model.sites();
  const embeddings = new Set(sites.filter(({ kind }) => kind === "embedding").map(({ path }) => path));
  const borrowers = new Set(
    sites.filter(({ tiedWith }) => tiedWith !== undefined && embeddings.has(tiedWith)).map(({ path }) => path),
  );
  const owned = model
    .parameters()
    .filter(({ path }) => !borrowers.has(path.replace(/\.weight$/, "")) && !isRepeated(path, model.layerOrder));
  const parameters = owned.reduce((total, { shape }) => total + shape.reduce((product, size) => product * size, 1), 0);
  return {
    modelType,
    task,
    layers,
    hiddenSize,
    vocabularySize,
    maxPositions,
    parameters,
    bytes: owned.reduce((total, parameter) => total + bytesOf(parameter, sites), 0),
    linearSites: sites.filter(({ kind }) => kind === "linear").length,
    newParameters,
    fingerprint,
  };
}

function bytesOf({ path, shape }: ParameterRef, sites: readonly Site[]): number {
  const site = sites.find((candidate) => `${candidate.path}.weight` === path);
  if (site instanceof LinearSite || site instanceof EmbeddingSite) return site.weightBytes;
  return 4 * shape.reduce((product, size) => product * size, 1);
}

/** Whether an earlier layer has the same weight (layer replication). */
function isRepeated(path: string, order: readonly number[] | undefined): boolean {
  const layer = Number(/\.(\d+)\./.exec(path)?.[1] ?? Number.NaN);
  const original = order?.[layer];
  return original !== undefined && order?.indexOf(original) !== layer;
}
