// All hook points of a graph: a site for each weight of a product, and a parameter for every other constant of floats.

import type { AdaptableModel, ForwardContext, Site } from "@lowrank/contracts";
import type { Detach, ParameterRef, Restore } from "@lowrank/contracts/internal";
import { OverridableParameter } from "@lowrank/engine/hook-points";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { unadaptableLayerError } from "../../errors.ts";
import type { Application, Constants, Refusal } from "../applications/application.ts";
import { findApplications } from "../applications/find-applications.ts";
import type { Graph } from "../reading/graph.ts";
import { type GraphSite, makeGraphSite } from "./graph-site.ts";

export class GraphHookPoints implements AdaptableModel {
  readonly refusals: readonly Refusal[];
  readonly #applications: readonly Application[];
  /** By the constant's name. */
  readonly #sites = new Map<string, GraphSite>();
  readonly #parameters = new Map<string, OverridableParameter>();
  readonly #refused: RefusedSite[] = [];

  constructor(model: GraphModel, graph: Graph, constants: Constants) {
    const { applications, refusals } = findApplications(graph, constants);
    this.refusals = refusals;
    this.#applications = applications;
    const weightOf = (name: string) => model.weights[name]![0]!;
    const paths = pathsOf(Object.keys(model.weights));
    const usedNames = new Set<string>();
    for (const application of applications) {
      const { weight, shape, bias } = application;
      if (this.#sites.has(weight)) continue;
      const biasName = foldedBias(application, { graph, constants, applications });
      if (biasName !== undefined) usedNames.add(biasName);
      usedNames.add(weight);
      const site = makeGraphSite({
        path: paths.get(weight)!,
        constant: weight,
        shape,
        weight: weightOf(weight),
        bias:
          biasName === undefined || bias === undefined
            ? undefined
            : { name: biasName, path: paths.get(biasName)!, value: weightOf(biasName) },
      });
      this.#sites.set(weight, site);
    }
    const refused = new Map(refusals.map((refusal) => [refusal.weight, refusal]));
    for (const [name, [tensor]] of Object.entries(model.weights)) {
      if (usedNames.has(name) || tensor === undefined || tensor.dtype !== "float32" || tensor.rank === 0) continue;
      const [path, refusal] = [paths.get(name)!, refused.get(name)];
      const parameterPath = refusal === undefined ? path : `${path}.weight`;
      const parameter = new OverridableParameter({ path: parameterPath, tensor: tf.keep(tf.clone(tensor)) });
      this.#parameters.set(name, parameter);
      if (refusal !== undefined) this.#refused.push(new RefusedSite(path, refusal, parameter));
    }
  }

  sites(): readonly Site[] {
    return [...[...this.#sites.values()].map(({ site }) => site), ...this.#refused];
  }

  parameters(): readonly ParameterRef[] {
    return [...[...this.#sites.values()].flatMap(({ site }) => site.parameters()), ...this.#parameters.values()];
  }

  siteOf({ weight }: Application): GraphSite {
    return this.#sites.get(weight)!;
  }

  /** The nodes that sites compute in this call, because adapters act on them. */
  open(context: ForwardContext): ReadonlyMap<string, Application> {
    const open = this.#applications.filter((application) => {
      const site = this.siteOf(application);
      return site.isReplaced || site.site.isAdapted(context);
    });
    return new Map(open.map((application) => [application.node, application]));
  }

  /** The values that replace constants in this call. Call it inside a tidy, and dispose of nothing. */
  changed(context: ForwardContext): ReadonlyMap<string, tf.Tensor> {
    const changed = [...this.#parameters].filter(([, each]) => each.isReplaced || each.isAdapted(context));
    return new Map(changed.map(([name, parameter]) => [name, parameter.value(context)]));
  }

  /** Constants that merges replaced, with copies of their new values, which the caller disposes of. */
  replaced(): ReadonlyMap<string, tf.Tensor> {
    const ofSites = [...this.#sites.values()].flatMap((site) => [...site.replaced()]);
    const others = [...this.#parameters].flatMap(([name, parameter]): [string, tf.Tensor][] =>
      parameter.isReplaced ? [[name, parameter.read()]] : [],
    );
    return new Map([...ofSites, ...others]);
  }

  dispose(): void {
    for (const { site } of this.#sites.values()) site.dispose();
    for (const parameter of this.#parameters.values()) parameter.dispose();
  }
}

/** Names with dots for slashes, as PEFT writes paths. Names that would become equal are kept. */
function pathsOf(names: readonly string[]): ReadonlyMap<string, string> {
  const dotted = (name: string) => name.replaceAll("/", ".");
  const counts = new Map<string, number>();
  for (const name of names) counts.set(dotted(name), (counts.get(dotted(name)) ?? 0) + 1);
  return new Map(names.map((name) => [name, counts.get(dotted(name)) === 1 ? dotted(name) : name]));
}

interface BiasFacts {
  readonly graph: Graph;
  readonly constants: Constants;
  readonly applications: readonly Application[];
}

/** The bias constant that is fused only with this site, with one number for each output. */
function foldedBias(
  { bias, weight, shape, node }: Application,
  { graph, constants, applications }: BiasFacts,
): string | undefined {
  const constant = constants.find(bias);
  if (constant === undefined || shape.kind === "embedding" || constant.shape.join() !== String(shape.outFeatures))
    return undefined;
  const users = [...graph.nodes.values()].filter(({ inputs }) =>
    inputs.some((reference) => constants.find(reference)?.name === constant.name),
  );
  const isAlone = users.every(({ name, op }) => name === node || op === "Identity");
  return isAlone && applications.filter((other) => other.weight === weight).length === 1 ? constant.name : undefined;
}

/** A layer that cannot have an adapter. It is listed so that targeting it gives an error with the reason, instead of "no such layer". */
class RefusedSite implements Site {
  readonly kind = "convolution";
  readonly role = "body";
  readonly hasBias = false;
  readonly fanInFanOut = false;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly refusal: string;

  constructor(
    readonly path: string,
    private readonly refused: Refusal,
    /** The weight, which can be trained in full. */
    readonly weight: OverridableParameter,
  ) {
    const { shape } = weight;
    this.inFeatures = shape.at(-2) ?? 1;
    this.outFeatures = shape.at(-1) ?? 1;
    this.refusal = refused.reason;
  }

  attach(): Detach {
    const { node, op, reason } = this.refused;
    throw unadaptableLayerError([{ name: node, className: op, reason }]);
  }

  applyBase(): tf.Tensor {
    return this.attach() as never;
  }

  readWeight(): tf.Tensor {
    return this.weight.read();
  }

  replaceWeight(weight: tf.Tensor): Restore {
    return this.weight.replace(weight);
  }
}
