// Reads models that are composed of towers, each with its own configuration inside the whole (CLIP).

import type { ConfigValues } from "../config-values.ts";
import type { Family, ModelConfig, TowerRow } from "../family.ts";
import { patchesOf } from "../rows/shared/image-rows.ts";
import type { Task } from "../task.ts";
import { type ConfigReader, jsonObject } from "./config-reader.ts";

export type TowerCheck = (tower: TowerRow, values: unknown) => ConfigValues;

/** Each tower's configuration by its path; problems go to the reader. Absent keys have transformers' defaults. */
export function readTowers(reader: ConfigReader, { towers = [] }: Family, check: TowerCheck): ConfigValues["towers"] {
  return Object.fromEntries(
    towers.map((tower) => {
      // Older files have a second object, whose values have precedence.
      const parts = [tower.key, `${tower.key}_dict`].flatMap((key) => {
        const value = reader.peek(key) ?? null;
        if (value !== null && jsonObject(value) === null) reader.invalid(key, value, "an object");
        return [...(jsonObject(value) ?? [])];
      });
      return [tower.path, check(tower, { ...Object.fromEntries(parts), model_type: tower.family.modelType })];
    }),
  );
}

/** The values of the whole model with the input sizes of its towers, and the towers with the whole's projection size. */
export function withTowers(config: ConfigValues): ConfigValues {
  const towers = Object.values(config.towers);
  if (towers.length === 0) return config;
  const sum = (sizeOf: (tower: ConfigValues) => number) => towers.reduce((total, tower) => total + sizeOf(tower), 0);
  const images = towers.find(({ imageSize }) => imageSize > 0);
  const texts = towers.find(({ vocabularySize }) => vocabularySize > 0);
  const { projectionSize } = config;
  const shared = projectionSize === 0 ? {} : { projectionSize };
  return {
    ...config,
    ...(images === undefined ? {} : imageSizesOf(images)),
    vocabularySize: texts?.vocabularySize ?? 0,
    maxPositions: texts?.maxPositions ?? 0,
    padTokenId: texts?.padTokenId ?? null,
    bosTokenId: texts?.bosTokenId ?? null,
    eosTokenIds: texts?.eosTokenIds ?? [],
    layers: sum(({ layers }) => layers),
    towers: Object.fromEntries(Object.entries(config.towers).map(([path, tower]) => [path, { ...tower, ...shared }])),
  };
}

function imageSizesOf({ imageSize, imageWidth, imageChannels, patchSize, patchWidth }: ConfigValues) {
  return { imageSize, imageWidth, imageChannels, patchSize, patchWidth };
}

export function towersOf(
  config: ModelConfig,
  task: Task,
): readonly { readonly path: string; readonly tower: ModelConfig }[] {
  const { towers = [] } = config.family;
  return towers
    .filter(({ tasks }) => tasks === undefined || tasks.includes(task))
    .map(({ path }) => ({ path, tower: configOfTower(config, path) }));
}

/** The configuration of one tower, with the classes of the whole model; the whole's configuration if it has no such tower. */
export function configOfTower(config: ModelConfig, path: string): ModelConfig {
  const row = config.family.towers?.find((tower) => tower.path === path);
  const values = config.towers[path];
  return row === undefined || values === undefined ? config : { ...values, labels: config.labels, family: row.family };
}

/** The tower of a language model that reads images, and the number of tokens that one image becomes: 0 if its patches make no whole squares. */
export interface ImageReader {
  readonly tower: ModelConfig;
  readonly tokens: number;
}

/** Undefined for a model that does not read images together with texts. */
export function imageReaderOf(config: ModelConfig): ImageReader | undefined {
  const [row] = config.family.towers ?? [];
  if (config.imageTokenId === null || row === undefined) return undefined;
  const tower = configOfTower(config, row.path);
  const { imageSize, imageWidth, patchSize, patchWidth } = tower;
  const isWhole = [imageSize / patchSize, imageWidth / patchWidth].every(
    (side) => Math.floor(side) % config.mergedSide === 0,
  );
  return { tower, tokens: isWhole ? patchesOf(tower) / config.mergedSide ** 2 : 0 };
}
