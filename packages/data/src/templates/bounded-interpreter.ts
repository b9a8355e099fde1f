// The library's interpreter with bounds. Everything that it computes goes through `evaluate`, so that counting there,
// and looking at what an operation is about to work on, bounds time and memory without a copy of the library. A worker
// with a deadline would need asynchronous rendering, and in a browser would not bound memory.

import { type Environment, Interpreter } from "@huggingface/jinja";
import {
  givenArguments,
  type JinjaNode,
  markRounds,
  type Operation,
  operationOf,
  type RoundMark,
  textNode,
} from "./jinja-tree.ts";
import { type JinjaValue, lengthOf, ValueSizes } from "./jinja-values.ts";
import { binaryCost, filterCost, type Operand, type OperationCost, operandOf } from "./operation-costs.ts";
import type { TemplateBudget } from "./template-budget.ts";
import { endOfTurn, startOfTurn } from "./turns/answer-spans.ts";

type Program = Parameters<Interpreter["run"]>[0];

/** An operation under way, and what its inputs were found to be. */
interface Activation {
  readonly operation: Operation;
  readonly values: JinjaValue[];
}

/** Steps of what is cheap to write and dear to do: the library throws errors to leave a loop or find no variable. */
const throwTooManySteps = 24;
/** Of each round of a loop, for which the library makes two scopes. */
const iterationSteps = 16;

/** What earlier renderings of a template found out about it. */
export interface KnownTemplate {
  readonly operations: Map<JinjaNode, Operation>;
  /** Nodes that stand before and after what each round of a loop writes. */
  readonly marks: Map<JinjaNode, RoundMark>;
  /** Characters of its source. */
  readonly length: number;
}

const nothing: OperationCost = { steps: 0, added: 0 };

/** Runs a template; throws TemplateLimitError where it takes more than `templateLimits`. */
export class BoundedInterpreter {
  /** Its `evaluate`, by which it calls itself for every node, is ours; a subclass would ask for the library before it is used. */
  readonly #library: Interpreter;
  readonly #evaluateInLibrary: Interpreter["evaluate"];
  readonly #budget: TemplateBudget;
  readonly #sizes: ValueSizes;
  readonly #activations: Activation[] = [];
  /** What a text's or object's functions belong to, with their names. */
  readonly #methods = new WeakMap<JinjaValue, { readonly owner: JinjaValue; readonly name: string }>();
  readonly #known: KnownTemplate;
  readonly #macroSteps: number;
  /** The numbers of the messages whose turns are marked. */
  readonly #messages = new Map<JinjaValue, number>();
  /** Scopes of the rounds that a mark was written at the start of. */
  readonly #marked = new WeakSet<Environment>();

  constructor(environment: Environment, budget: TemplateBudget, known: KnownTemplate) {
    this.#library = new Interpreter(environment);
    this.#evaluateInLibrary = this.#library.evaluate.bind(this.#library);
    this.#library.evaluate = (node, inScope) => this.#evaluate(node, inScope);
    this.#budget = budget;
    this.#sizes = new ValueSizes(budget);
    this.#known = known;
    // The library walks through the whole of a macro's body where the macro is defined.
    this.#macroSteps = known.length / 32;
  }

  /** What the template writes; of each of the `marked` messages between `startOfTurn` and `endOfTurn`. */
  run(program: Program, marked: readonly JinjaValue[] = []): string {
    for (const [index, message] of marked.entries()) this.#messages.set(message, index);
    return String(this.#library.run(program).value);
  }

  #evaluate(node: JinjaNode | undefined, environment: Environment): JinjaValue {
    if (node === undefined) return this.#evaluateInLibrary(node, environment);
    this.#budget.spend(1);
    this.#budget.check("depth", this.#activations.length);
    const mark = this.#known.marks.get(node);
    if (mark !== undefined && environment !== undefined)
      return this.#evaluateInLibrary(textNode(this.#textAt(mark, environment)), environment);
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
    const { operations, marks } = this.#known;
    const known = operations.get(node);
    if (known !== undefined) return known;
    const operation = operationOf(node);
    operations.set(node, operation);
    for (const [mark, meaning] of markRounds(node)) marks.set(mark, meaning);
    return operation;
  }

  #textAt({ variable, isEnd }: RoundMark, scope: Environment): string {
    if (isEnd) return this.#marked.delete(scope) ? endOfTurn : "";
    const message = this.#messages.get(scope.lookupVariable(variable));
    this.#marked.delete(scope); // a round before may have been left early
    if (message === undefined) return "";
    this.#marked.add(scope);
    return startOfTurn(message);
  }

  #spendOnEntry(type: string): void {
    if (type === "Break" || type === "Continue") this.#budget.spend(throwTooManySteps);
    if (type === "Macro" || type === "CallStatement") this.#budget.spend(this.#macroSteps);
  }

  /** At what an operation gave. */
  #look(value: JinjaValue, { operation, values: [owner] }: Activation): void {
    if (value.type === "UndefinedValue") this.#budget.spend(throwTooManySteps);
    if (value.type === "FunctionValue" && owner !== undefined && operation.kind === "member") {
      for (const [name, method] of owner.builtins) if (method === value) this.#methods.set(value, { owner, name });
    }
    this.#sizes.of(value);
  }

  /** When the last input is known, the operation is about to happen. */
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
          givenArguments(operation.args, values.slice(1)),
        );
      case "filter-block": {
        const written = values.slice(0, values.length - operation.args.length);
        const given = givenArguments(operation.args, values.slice(written.length));
        return filterCost(operation.name, this.#textOf(written), given);
      }
      case "call": {
        const { owner = last, name = "" } = this.#methods.get(last) ?? {};
        return filterCost(name, operandOf(owner, this.#sizes), givenArguments(operation.args, values));
      }
      case "binary":
        refuseMixedSum(operation.name, first, last);
        return binaryCost(operation.name, values, this.#sizes);
      case "slice":
        return { steps: typeof first.value === "string" ? first.value.length / 4 : lengthOf(first) / 8, added: 0 };
      case "loop":
        return { steps: iterationSteps * lengthOf(first), added: 0 };
      case "test":
        return filterCost("", operandOf(first, this.#sizes), givenArguments([], []));
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

/** Python adds no text and object; the library would write "[object Map]". */
function refuseMixedSum(operator: string, left: JinjaValue, right: JinjaValue): void {
  const isMixed = (left.type === "StringValue") !== (right.type === "StringValue");
  if (operator === "+" && isMixed) throw new Error(`Cannot add ${left.type} and ${right.type}.`);
}
