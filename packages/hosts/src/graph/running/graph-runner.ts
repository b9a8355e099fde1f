// Runs plans. The models of a plan's stages are made once and reused.

import type { ForwardContext } from "@lowrank/contracts";
import { withoutTape } from "@lowrank/engine/internal";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { activate } from "../applications/activation.ts";
import type { Application } from "../applications/application.ts";
import { dynamicNodeError } from "../errors.ts";
import type { GraphSite } from "../hook-points/graph-site.ts";
import { type Graph, type GraphNode, nodeOfReference, type Reference } from "../reading/graph.ts";
import { NodeGradients } from "./node-gradients.ts";
import { NodeModel } from "./node-model.ts";
import { planStages, type Stage, type StagePlan } from "./plan-stages.ts";
import { productOf, Values } from "./site-product.ts";

export interface GraphCall {
  readonly feeds: tf.NamedTensorMap;
  readonly wanted: readonly Reference[];
  readonly context: ForwardContext;
  /** The nodes that sites compute in this call. */
  readonly applications: ReadonlyMap<string, Application>;
  /** Replaced values, by the constant's name. */
  readonly changed: ReadonlyMap<string, tf.Tensor>;
}

type NodeStage = Extract<Stage, { kind: "nodes" }>;
type SiteStage = Extract<Stage, { kind: "site" }>;

export class GraphRunner {
  readonly #plans = new Map<string, StagePlan>();
  readonly #models = new WeakMap<NodeStage, NodeModel>();
  readonly #single = new Map<string, NodeModel>();
  readonly #products = new Map<string, NodeModel>();
  readonly #gradients = new NodeGradients();

  constructor(
    private readonly model: GraphModel,
    private readonly graph: Graph,
    private readonly siteOf: (application: Application) => GraphSite,
  ) {}

  /** One tensor for each wanted value. @throws GRAPH_DYNAMIC, GRAPH_WITHOUT_GRADIENT, and what planning throws */
  run(call: GraphCall): readonly tf.Tensor[] {
    const plan = this.#plan(call);
    const behind = dynamicIn(plan);
    if (behind.length > 0) throw dynamicNodeError(behind, true);
    if (plan.dynamicBefore.length > 0) throw dynamicNodeError(plan.dynamicBefore, false);
    const isTaped = tf.engine().state.gradientDepth > 0;
    const refuse = () => this.#gradients.refuseBlocked(this.graph, plan, call.wanted, call.applications);
    if (isTaped) refuse();
    return tf.tidy(() => {
      const values = this.#values(call, plan);
      values.add(plan.frozen, this.frozen(call.feeds, plan.frozen));
      for (const stage of plan.stages) {
        if (stage.kind === "site") this.#runSite(stage, values, call.context);
        else if (isTaped && stage.nodes.some(({ name }) => this.#gradients.of(name) !== "passes"))
          this.#runWatched(stage, values);
        else
          values.add(
            stage.makes,
            this.#modelOf(stage).run((reference) => values.read(reference)),
          );
        values.release(stage.reads);
      }
      if (isTaped) refuse();
      return call.wanted.map((reference) => values.take(reference));
    });
  }

  /** The same with control flow and shapes that depend on values; without gradients. */
  async runAsync(call: GraphCall): Promise<readonly tf.Tensor[]> {
    const plan = this.#plan(call);
    const values = this.#values(call, plan);
    try {
      values.add(plan.frozen, await this.frozenAsync(call.feeds, plan));
      for (const stage of plan.stages) {
        if (stage.kind === "site") this.#runSite(stage, values, call.context);
        else {
          const model = this.#modelOf(stage);
          const read = (reference: Reference) => values.read(reference);
          values.add(stage.makes, stage.dynamic.length > 0 ? await model.runAsync(read) : model.run(read));
        }
        values.release(stage.reads);
      }
      return call.wanted.map((reference) => values.take(reference));
    } finally {
      values.dispose();
    }
  }

  /** The values before the first adapted layer, by reference; the caller owns them. */
  async prepare(call: GraphCall): Promise<tf.NamedTensorMap> {
    const plan = this.#plan(call);
    const tensors = await this.frozenAsync(call.feeds, plan);
    const read = new Set([...plan.stages.flatMap(({ reads }) => reads), ...call.wanted]);
    const readFeeds = Object.entries(call.feeds).filter(([reference]) => read.has(reference));
    return Object.fromEntries([
      ...readFeeds.map(([reference, tensor]) => [reference, tf.clone(tensor)]),
      ...plan.frozen.map((reference, index) => [reference, tensors[index]!]),
    ]);
  }

  /** Runs TensorFlow.js's own executor, outside the tape. */
  frozen(feeds: tf.NamedTensorMap, wanted: readonly Reference[]): readonly tf.Tensor[] {
    if (wanted.length === 0) return [];
    return withoutTape(() => [this.model.execute(feeds, [...wanted])].flat());
  }

  async frozenAsync(feeds: tf.NamedTensorMap, { frozen, dynamicBefore }: StagePlan): Promise<readonly tf.Tensor[]> {
    // TensorFlow.js warns of every asynchronous call that could be synchronous.
    if (dynamicBefore.length === 0) return this.frozen(feeds, frozen);
    return [await this.model.executeAsync(feeds, [...frozen])].flat();
  }

  #plan({ feeds, wanted, applications, changed }: GraphCall): StagePlan {
    const names = [Object.keys(feeds), wanted, [...applications.keys()], [...changed.keys()]];
    const key = JSON.stringify(names);
    const cached = this.#plans.get(key);
    if (cached !== undefined) return cached;
    const plan = planStages({
      graph: this.graph,
      feeds: new Set(Object.keys(feeds)),
      wanted,
      applications,
      changed: new Set(changed.keys()),
    });
    this.#plans.set(key, plan);
    return plan;
  }

  #values({ feeds, changed, wanted }: GraphCall, plan: StagePlan): Values {
    const find = (reference: Reference) =>
      feeds[reference] ?? changed.get(reference) ?? this.model.weights[nodeOfReference(reference)]?.[0];
    return new Values(find, [...plan.stages.flatMap(({ reads }) => reads), ...wanted]);
  }

  #runSite({ application, reads }: SiteStage, values: Values, context: ForwardContext): void {
    const { activation, bias } = application;
    const output = tf.tidy(() => {
      const input = values.read(application.input);
      const graphSite = this.siteOf(application);
      const { site, hasBias } = graphSite;
      // Under a tape the site's own product keeps less for its gradient.
      const isTaped = tf.engine().state.gradientDepth > 0;
      const product = () => application.toSiteOutput(this.#product(application, reads, values));
      const adapted =
        isTaped || graphSite.isReplaced || site.kind === "embedding"
          ? undefined
          : site.adapt(application.toSiteInput(input), product, context);
      const computed = application.fromSiteOutput(adapted ?? site.forward(application.toSiteInput(input), context));
      const lacksBias = bias !== undefined && adapted === undefined && !hasBias;
      const biased = lacksBias ? tf.add(computed, values.read(bias)) : computed;
      return activate(biased, activation, activation?.kind === "prelu" ? values.read(activation.alphas) : undefined);
    });
    values.add([application.node], [output]);
  }

  /** The product with the frozen weight and its bias, computed by TensorFlow.js. */
  #product(application: Application, reads: readonly Reference[], values: Values): tf.Tensor {
    const { node, weight } = application;
    const model = this.#products.get(node) ?? this.#productModel(application);
    this.#products.set(node, model);
    const [product] = model.run((reference) =>
      reads.includes(reference) ? values.read(reference) : this.model.weights[weight]![0]!,
    );
    return product!;
  }

  #productModel(application: Application): NodeModel {
    const product = productOf(this.graph.nodes.get(application.node)!, application);
    return new NodeModel(this.graph, [product], [...new Set(product.inputs)], [application.node]);
  }

  /** Runs one node at a time, in the plan's order, to find which nodes record a gradient. */
  #runWatched(stage: NodeStage, values: Values): void {
    const stageValues = new Values((reference) => values.read(reference), []);
    for (const node of stage.nodes) {
      const makes = usedOf(node, stage);
      if (makes.length === 0) continue;
      const model = this.#singleOf(node, makes);
      stageValues.add(
        makes,
        this.#gradients.watch(node.name, () => model.run((reference) => stageValues.read(reference))),
      );
    }
    values.add(
      stage.makes,
      stage.makes.map((reference) => stageValues.read(reference)),
    );
  }

  #modelOf(stage: NodeStage): NodeModel {
    const model = this.#models.get(stage) ?? new NodeModel(this.graph, stage.nodes, stage.reads, stage.makes);
    this.#models.set(stage, model);
    return model;
  }

  #singleOf(node: GraphNode, makes: readonly Reference[]): NodeModel {
    const key = [node.name, ...makes].join();
    const model = this.#single.get(key) ?? new NodeModel(this.graph, [node], [...new Set(node.inputs)], makes);
    this.#single.set(key, model);
    return model;
  }
}

function dynamicIn({ stages }: StagePlan) {
  return stages.flatMap((stage) => (stage.kind === "nodes" ? stage.dynamic : []));
}

/** The outputs of a node that are used. */
function usedOf({ name }: GraphNode, { nodes, makes }: NodeStage): readonly Reference[] {
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...makes]);
  return [...read].filter((reference) => nodeOfReference(reference) === name);
}
