// Makes a model's parts from its family's table, in module order. A family's forward pass then only wires the parts; names,
// widths and layouts are in `@lowrank/contracts/families`.

import type { LowrankError } from "@lowrank/contracts";
import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import {
  configOfStage,
  configOfTower,
  type Module,
  modulesOf,
  pathInModel,
} from "@lowrank/contracts/families/checkpoint";
import type { EmbeddingRow } from "@lowrank/contracts/families/internal";
import type { ConvolutionGeometry } from "@lowrank/contracts/internal";
import { ConvolutionSite, EmbeddingSite, LinearSite, ParameterSlot, type Part } from "@lowrank/engine/hook-points";
import { missingModuleError } from "../errors.ts";
import { Norm } from "./norm.ts";
import { sinusoidTable } from "./positions/sinusoids.ts";

export interface ModelPlan {
  readonly config: ModelConfig;
  readonly task: Task;
}

/** Replacements for marks in paths, and the prefix of all paths. */
interface PathContext {
  readonly prefix: string;
  readonly stage: number;
  readonly layer: number;
}

/** A path in the module tree, for which parts are made. */
export class PartList {
  readonly #parts: Part[] = [];
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #parent: PartList | undefined;
  readonly #context: PathContext;

  constructor(
    readonly plan: ModelPlan,
    context: Partial<PathContext> & { readonly parent?: PartList } = {},
  ) {
    const { parent, ...own } = context;
    this.#parent = parent;
    this.#context = { prefix: "", stage: 0, ...(parent === undefined ? {} : parent.#context), layer: 0, ...own };
    this.#modules = parent === undefined ? modulesByPath(plan) : parent.#modules;
  }

  /** The parts of this path and below, in order. */
  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** A group of parts that runs together: a stage. */
  group(): PartList {
    return new PartList(this.plan, { parent: this });
  }

  /** The group of one layer; `{n}` in its paths is the layer's index. */
  atLayer(layer: number): PartList {
    return new PartList(this.plan, { parent: this, layer });
  }

  /** The group of one stage, made by a configuration of its own; `{s}` in its paths is the stage's index. */
  atStage(stage: number): PartList {
    const config = configOfStage(this.plan.config, stage);
    return new PartList({ ...this.plan, config }, { parent: this, stage });
  }

  /** The parts of one tower, a model by itself: paths below its own, made by its configuration. */
  tower(path: string): PartList {
    const config = configOfTower(this.plan.config, path);
    return new PartList({ config, task: "feature-extraction" }, { parent: this, prefix: `${path}.` });
  }

  /** Whether a model for this task has the module. */
  has(rowPath: string): boolean {
    return this.#find(rowPath) !== undefined;
  }

  /** The linear site of a row of the family's table: "h.{n}.attn.c_attn", or a head's "lm_head". */
  linear(rowPath: string, tiedTo?: EmbeddingSite): LinearSite {
    const module = this.#find(rowPath);
    if (module?.type !== "linear") throw this.#missing("linear layer", rowPath);
    const { path, row, inFeatures, outFeatures, tiedWith } = module;
    return this.#add(
      new LinearSite({
        path,
        inFeatures,
        outFeatures,
        bias: row.bias,
        layout: row.layout === "in-out" ? "conv1d" : "linear",
        role: row.role ?? "body",
        ...(row.biasPath === undefined ? {} : { biasPath: row.biasPath }),
        ...(tiedWith === null || tiedTo === undefined ? {} : { tiedTo }),
      }),
    );
  }

  embedding(rowPath: string, tiedTo?: EmbeddingSite): EmbeddingSite {
    const module = this.#find(rowPath);
    if (module?.type !== "embedding") throw this.#missing("embedding", rowPath);
    const { path, rows, columns, row, tiedWith } = module;
    return this.#add(
      new EmbeddingSite({
        path,
        rows,
        width: columns,
        role: row.rows === "vocabulary" ? "input-embedding" : "body",
        ...(tiedWith === null ? {} : { tiedWith }),
        ...(tiedWith === tiedTo?.path && tiedTo !== undefined ? { tiedTo } : {}),
        ...paddingRowOf(row, this.plan.config),
        outputScale: scaleOf(row, this.plan.config),
      }),
    );
  }

  /** Like `norm`, if only some configurations have it. */
  optionalNorm(rowPath: string): Norm | undefined {
    return this.has(rowPath) ? this.norm(rowPath) : undefined;
  }

  /** Like `linear`, if only some configurations have it. */
  optionalLinear(rowPath: string): LinearSite | undefined {
    return this.has(rowPath) ? this.linear(rowPath) : undefined;
  }

  norm(rowPath: string, ownEpsilon?: number): Norm {
    const module = this.#find(rowPath);
    if (module?.type !== "norm") throw this.#missing("norm", rowPath);
    const kind = module.row.kind === "layer" ? "layer" : "rms";
    const { path, bias, size: width, row } = module;
    const { gainOffset = 0, epsilon = ownEpsilon ?? this.plan.config.normEpsilon } = row;
    return this.#add(new Norm({ path, kind, bias, width, epsilon, gainOffset }));
  }

  /**
   * A convolution whose kernel and bias are tensors of the table: "<path>.weight", [out, in, height, width] over images and
   * [out, in, width] over time.
   */
  convolution(
    rowPath: string,
    { strides, padding = [0, 0] }: Pick<ConvolutionGeometry, "strides"> & Partial<ConvolutionGeometry>,
  ): ConvolutionSite {
    const kernel = this.#find(`${rowPath}.weight`);
    if (kernel?.type !== "tensor") throw this.#missing("convolution", rowPath);
    const [outFeatures = 0, inFeatures = 0, ...axes] = kernel.shape;
    const [height = 1, width = 1] = axes.length === 1 ? [1, ...axes] : axes;
    return this.#add(
      new ConvolutionSite({
        path: kernel.path.slice(0, -".weight".length),
        inFeatures,
        outFeatures,
        bias: this.has(`${rowPath}.bias`),
        geometry: {
          kernel: [height, width],
          strides,
          padding,
          dilations: [1, 1],
          groups: 1,
          axesInFile: axes.length === 1 ? 1 : 2,
        },
      }),
    );
  }

  /** Like `tensor`, if only some configurations have it. */
  optionalTensor(rowPath: string): ParameterSlot | undefined {
    return this.has(rowPath) ? this.tensor(rowPath) : undefined;
  }

  /** A weight without a site: the path is the parameter's own. */
  tensor(rowPath: string): ParameterSlot {
    const module = this.#find(rowPath);
    if (module?.type !== "tensor") throw this.#missing("tensor", rowPath);
    const { path, shape, row } = module;
    const { kind, isStackedInOut = false } = row;
    const { init = kind === "parameter" ? "normal" : "zeros" } = row;
    const initial = init === "sinusoids" ? () => sinusoidTable(shape) : init;
    return this.#add(new ParameterSlot(path, shape, initial, { kind, isStackedInOut }));
  }

  #find(rowPath: string): Module | undefined {
    const { config, task } = this.plan;
    const { prefix, stage, layer } = this.#context;
    const path = prefix + rowPath.replace("{s}", String(stage)).replace(/\{[nm]\}/, String(layer));
    return this.#modules.get(path) ?? this.#modules.get(pathInModel(config.family, task, path));
  }

  #missing(kind: string, rowPath: string): LowrankError {
    return missingModuleError(this.plan.config.modelType, kind, rowPath);
  }

  #add<P extends Part>(part: P): P {
    this.#record(part);
    return part;
  }

  #record(part: Part): void {
    this.#parts.push(part);
    if (this.#parent !== undefined) this.#parent.#record(part);
  }
}

function scaleOf({ scale }: EmbeddingRow, { switches, scalars, hiddenSize, perLayerSize }: ModelConfig): number {
  if (scale === "root-of-per-layer") return Math.sqrt(perLayerSize);
  if (scale === "embedding-scale") return scalars.embeddingScale ?? 1;
  const isRooted = scale === "root-of-hidden" || (scale === "root-of-hidden-if-switched" && switches.scaledEmbedding);
  return isRooted ? Math.sqrt(hiddenSize) : 1;
}

function modulesByPath({ config, task }: ModelPlan): ReadonlyMap<string, Module> {
  return new Map(modulesOf(config, task).map((module) => [module.path, module]));
}

// The row of an embedding that look-ups do not train: the padding token's, if transformers makes the table with torch's
// `padding_idx`.

/** Families whose tables are plain: there the padding token is a token like any other. */
const withoutPadding: ReadonlySet<string> = new Set([
  "bloom",
  "falcon",
  "gpt2",
  "gpt_neo",
  "gpt_neox",
  "gptj",
  "t5",
  "mt5",
  "umt5",
]);

/** Widths of tables with a row for each token. */
const vocabularies: ReadonlySet<EmbeddingRow["rows"]> = new Set(["vocabulary", "per-layer-vocabulary"]);

/** The option of an embedding site; empty if there is no such row. */
export function paddingRowOf(
  { rows }: Pick<EmbeddingRow, "rows">,
  { modelType, padTokenId }: Pick<ModelConfig, "modelType" | "padTokenId">,
): { readonly paddingRow?: number } {
  // Positions that are counted from the padding token's id have one of padding: that id.
  const isPadded = rows === "positions" ? familyOf(modelType).positionsAfterPadding : vocabularies.has(rows);
  if (padTokenId === null || !isPadded || withoutPadding.has(modelType)) return {};
  return { paddingRow: padTokenId };
}
