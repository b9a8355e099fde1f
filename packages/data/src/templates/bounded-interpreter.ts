// The library's Jinja interpreter with limits. All its work passes through `evaluate`. Counting there, and checking the inputs of each
// operation beforehand, limits time and memory without a copy of the library. A worker with a deadline would need asynchronous
// rendering, and would not limit memory in a browser.

import { type Environment, Interpreter } from "@huggingface/jinja";
import {
  type IterationMarker,
  type JinjaNode,
  markIterations,
  matchArguments,
  type Operation,
  operationOf,
  textNode,
} from "./jinja-tree.ts";
import { type JinjaValue, lengthOf, ValueSizes } from "./jinja-values.ts";
import { binaryCost, filterCost, type Operand, type OperationCost, operandOf } from "./operation-costs.ts";
import type { TemplateBudget } from "./template-budget.ts";
import { endOfTurn, startOfTurn } from "./turns/answer-spans.ts";

type Program = Parameters<Interpreter["run"]>[0];

/** A running operation, and its input values so far. */
interface Activation {
  readonly operation: Operation;
  readonly values: JinjaValue[];
}

/** Steps of statements for which the library throws an error: leaving a loop, or an unknown variable. */
const throwTooManySteps = 24;
/** Steps of each iteration of a loop, for which the library makes two scopes. */
const iterationSteps = 16;

/** Facts about a template that are kept between renderings. */
export interface KnownTemplate {
  readonly operations: Map<JinjaNode, Operation>;
  /** Marker nodes at the start and the end of each loop's body. */
  readonly markers: Map<JinjaNode, IterationMarker>;
  /** Length of its source. */
  readonly length: number;
}

const nothing: OperationCost = { steps: 0, added: 0 };

/** Runs a template; throws TemplateLimitError if it exceeds `templateLimits`. */
export class BoundedInterpreter {
  /** Its `evaluate`, which it calls for every node, is replaced by ours. A subclass would load the library before it is needed. */
  readonly #library: Interpreter;
  readonly #evaluateInLibrary: Interpreter["evaluate"];
  readonly #budget: TemplateBudget;
  readonly #sizes: ValueSizes;
  readonly #activations: Activation[] = [];
  /** The owner and the name of each method of a text or object. */
  readonly #methods = new WeakMap<JinjaValue, { readonly owner: JinjaValue; readonly name: string }>();
  readonly #known: KnownTemplate;
  readonly #macroSteps: number;
  /** The indices of the messages whose turns are marked. */
  readonly #messages = new Map<JinjaValue, number>();
  /** Scopes of iterations with a marker at their start. */
  readonly #marked = new WeakSet<Environment>();

  constructor(environment: Environment, budget: TemplateBudget, template: KnownTemplate) {
    this.#library = new Interpreter(environment);
    this.#evaluateInLibrary = this.#library.evaluate.bind(this.#library);
    this.#library.evaluate = (node, inScope) => this.#evaluate(node, inScope);
    this.#budget = budget;
    this.#sizes = new ValueSizes(budget);
    this.#known = template;
    // The library visits a macro's whole body when the macro is defined.
    this.#macroSteps = template.length / 32;
  }

  /** The rendered text. The turn of each message in `marked` is between `startOfTurn` and `endOfTurn`. */
  run(program: Program, marked: readonly JinjaValue[] = []): string {
    for (const [index, message] of marked.entries()) this.#messages.set(message, index);
    return String(this.#library.run(program).value);
  }

  #evaluate(node: JinjaNode | undefined, environment: Environment): JinjaValue {
    if (node === undefined) return this.#evaluateInLibrary(node, environment);
    this.#budget.spend(1);
    this.#budget.check("depth", this.#activations.length);
    const marker = this.#known.markers.get(node);
    if (marker !== undefined && environment !== undefined)
      return this.#evaluateInLibrary(textNode(this.#textAt(marker, environment)), environment);
    const activation: Activation = { operation: this.#operationOf(node), values: [] };
    this.#spendOnEntry(node.type);
    this.#activations.push(activation);
    let value: JinjaValue;
    try {
      value = this.#evaluateInLibrary(node, environment);
    } finally {
      this.#activations.pop();
    }
    this.#look(value, activation);
    this.#giveTo(this.#activations.at(-1), node, value);
    return value;
  }

  #operationOf(node: JinjaNode): Operation {
    const { operations, markers } = this.#known;
    const cached = operations.get(node);
    if (cached !== undefined) return cached;
    const operation = operationOf(node);
    operations.set(node, operation);
    for (const [marker, meaning] of markIterations(node)) markers.set(marker, meaning);
    return operation;
  }

  #textAt({ variable, isEnd }: IterationMarker, scope: Environment): string {
    if (isEnd) return this.#marked.delete(scope) ? endOfTurn : "";
    const message = this.#messages.get(scope.lookupVariable(variable));
    this.#marked.delete(scope); // an earlier iteration may have been left early
    if (message === undefined) return "";
    this.#marked.add(scope);
    return startOfTurn(message);
  }

  #spendOnEntry(type: string): void {
    if (type === "Break" || type === "Continue") this.#budget.spend(throwTooManySteps);
    if (type === "Macro" || type === "CallStatement") this.#budget.spend(this.#macroSteps);
  }

  /** Checks the result of an operation. */
  #look(value: JinjaValue, { operation, values: [owner] }: Activation): void {
    if (value.type === "UndefinedValue") this.#budget.spend(throwTooManySteps);
    if (value.type === "FunctionValue" && owner !== undefined && operation.kind === "member") {
      for (const [name, method] of owner.builtins) if (method === value) this.#methods.set(value, { owner, name });
    }
    this.#sizes.of(value);
  }

  /** Records an input of an operation. After the last input, the cost of the operation is checked. */
  #giveTo(activation: Activation | undefined, node: JinjaNode, value: JinjaValue): void {
    if (activation === undefined || activation.operation.inputs[activation.values.length] !== node) return;
    activation.values.push(value);
    const { operation, values } = activation;
    if (values.length < operation.inputs.length) return;
    const { steps, added } = this.#costOf(operation, values);
    this.#budget.check("characters", added);
    this.#budget.spend(steps);
  }

  #costOf(operation: Operation, values: readonly JinjaValue[]): OperationCost {
    const [first] = values;
    const last = values.at(-1);
    if (first === undefined || last === undefined) return nothing;
    switch (operation.kind) {
      case "filter":
        return filterCost(
          operation.name,
          operandOf(first, this.#sizes),
          matchArguments(operation.args, values.slice(1)),
        );
      case "filter-block": {
        const written = values.slice(0, values.length - operation.args.length);
        const passed = matchArguments(operation.args, values.slice(written.length));
        return filterCost(operation.name, this.#textOf(written), passed);
      }
      case "call": {
        const { owner = last, name = "" } = this.#methods.get(last) ?? {};
        return filterCost(name, operandOf(owner, this.#sizes), matchArguments(operation.args, values));
      }
      case "binary":
        refuseMixedSum(operation.name, first, last);
        return binaryCost(operation.name, values, this.#sizes);
      case "slice":
        return { steps: typeof first.value === "string" ? first.value.length / 4 : lengthOf(first) / 8, added: 0 };
      case "loop":
        return { steps: iterationSteps * lengthOf(first), added: 0 };
      case "test":
        return filterCost("", operandOf(first, this.#sizes), matchArguments([], []));
      default:
        return nothing;
    }
  }

  #textOf(written: readonly JinjaValue[]): Operand {
    const parts = written.filter(({ type }) => type !== "NullValue" && type !== "UndefinedValue").map(String);
    const characters = parts.reduce((sum, { length }) => sum + length, 0);
    this.#budget.check("characters", characters);
    return { text: parts.join(""), length: 0, size: { characters, entries: 1, depth: 0, isFixed: true } };
  }
}

/** Refuses the sum of a text and an object, as Python does; the library would write "[object Map]". */
function refuseMixedSum(operator: string, left: JinjaValue, right: JinjaValue): void {
  const isMixed = (left.type === "StringValue") !== (right.type === "StringValue");
  if (operator === "+" && isMixed) throw new Error(`Cannot add ${left.type} and ${right.type}.`);
}
