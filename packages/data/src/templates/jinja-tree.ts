// Types and functions for the library's syntax tree, whose types it does not export.

import type { Interpreter } from "@huggingface/jinja";
import { isObject } from "@lowrank/contracts/internal";
import type { ChatExample, ChatMessage } from "../example.ts";
import type { JinjaValue } from "./jinja-values.ts";

export type JinjaNode = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;

/** One operation and its operands, in order of evaluation. */
export interface Operation {
  readonly kind: "filter" | "filter-block" | "call" | "binary" | "member" | "slice" | "loop" | "test" | "none";
  /** The name of a filter, or the operator of a binary operation. */
  readonly name: string;
  readonly inputs: readonly JinjaNode[];
  /** The arguments of a call or a filter. */
  readonly args: readonly JinjaNode[];
}

type Fields = Readonly<Record<string, unknown>>;

const none: Operation = { kind: "none", name: "", inputs: [], args: [] };

export function operationOf(node: JinjaNode): Operation {
  const fields = node as unknown as Fields;
  switch (node.type) {
    case "FilterExpression":
      return filterOperation("filter", [fields.operand as JinjaNode], fields.filter as JinjaNode);
    case "FilterStatement":
      return filterOperation("filter-block", fields.body as readonly JinjaNode[], fields.filter as JinjaNode);
    case "CallExpression":
      return callOperation(fields);
    case "CallStatement":
      return callOperation(fields.call as Fields);
    case "BinaryExpression": {
      const { value: name } = fields.operator as { readonly value: string };
      return name === "and" || name === "or" ? none : { ...none, kind: "binary", name, inputs: bothOf(fields) };
    }
    case "MemberExpression": {
      const isSlice = (fields.property as JinjaNode).type === "SliceExpression";
      return { ...none, kind: isSlice ? "slice" : "member", inputs: [fields.object as JinjaNode] };
    }
    case "For": {
      const iterable = fields.iterable as JinjaNode;
      const isSelected = iterable.type === "SelectExpression";
      return { ...none, kind: "loop", inputs: [isSelected ? bothOf(iterable as unknown as Fields)[0] : iterable] };
    }
    case "TestExpression":
      return { ...none, kind: "test", inputs: [fields.operand as JinjaNode] };
    default:
      return none;
  }
}

/** A marker at the start or end of a loop's iteration. */
export interface IterationMarker {
  readonly variable: string;
  readonly isEnd: boolean;
}

/** Puts empty text nodes at the start and end of each loop's body, so that the interpreter sees iterations. Other nodes are unchanged. */
export function markIterations(node: JinjaNode): readonly (readonly [JinjaNode, IterationMarker])[] {
  const { loopvar, body } = node as unknown as { readonly loopvar: JinjaNode; body: readonly JinjaNode[] };
  if (node.type !== "For" || loopvar.type !== "Identifier") return [];
  const { value: variable } = loopvar as unknown as { readonly value: string };
  const [start, end] = [textNode(""), textNode("")];
  (node as unknown as { body: readonly JinjaNode[] }).body = [start, ...body, end];
  return [
    [start, { variable, isEnd: false }],
    [end, { variable, isEnd: true }],
  ];
}

export function textNode(value: string): JinjaNode {
  const node = { type: "StringLiteral", value };
  return node as unknown as JinjaNode;
}

function bothOf(fields: Fields): readonly [JinjaNode, JinjaNode] {
  return [(fields.left ?? fields.lhs) as JinjaNode, fields.right as JinjaNode];
}

function filterOperation(
  kind: "filter" | "filter-block",
  operands: readonly JinjaNode[],
  filter: JinjaNode,
): Operation {
  const fields = filter as unknown as Fields;
  if (filter.type !== "CallExpression") return { ...none, kind, name: String(fields.value), inputs: operands };
  const { value: name } = fields.callee as { readonly value?: unknown };
  const args = inOrder(fields.args as readonly JinjaNode[]);
  return { kind, name: String(name), inputs: [...operands, ...args.map(evaluated)], args };
}

function callOperation({ callee, args }: Fields): Operation {
  const ordered = inOrder(args as readonly JinjaNode[]);
  return { kind: "call", name: "", inputs: [...ordered.map(evaluated), callee as JinjaNode], args: ordered };
}

/** Arguments in order of evaluation: keyword arguments are last. */
function inOrder(args: readonly JinjaNode[]): readonly JinjaNode[] {
  const isNamed = ({ type }: JinjaNode) => type === "KeywordArgumentExpression" || type === "KeywordSpreadExpression";
  return [...args.filter((arg) => !isNamed(arg)), ...args.filter(isNamed)];
}

/** The node whose value an argument is. */
function evaluated(arg: JinjaNode): JinjaNode {
  const { value, argument } = arg as unknown as Fields;
  if (arg.type === "KeywordArgumentExpression") return value as JinjaNode;
  return arg.type === "SpreadExpression" || arg.type === "KeywordSpreadExpression" ? (argument as JinjaNode) : arg;
}

/** The values of arguments: positional ones, including those of an unpacked list, and keyword arguments. */
export interface PassedArguments {
  readonly positional: readonly JinjaValue[];
  readonly named: ReadonlyMap<string, JinjaValue>;
}

/** Matches arguments with their values, which are in the same order. */
export function matchArguments(args: readonly JinjaNode[], values: readonly JinjaValue[]): PassedArguments {
  const positional: JinjaValue[] = [];
  const named = new Map<string, JinjaValue>();
  for (const [index, arg] of args.entries()) {
    const value = values[index];
    if (value === undefined) continue;
    const content: unknown = value.value;
    if (arg.type === "KeywordArgumentExpression") {
      named.set((arg as unknown as { readonly key: { readonly value: string } }).key.value, value);
    } else if (arg.type === "SpreadExpression" && Array.isArray(content))
      for (const item of content) positional.push(item);
    else if (arg.type === "KeywordSpreadExpression" && content instanceof Map) {
      for (const [name, item] of content) named.set(name, item);
    } else positional.push(value);
  }
  return { positional, named };
}

/** Whether a conversation has tools, tool calls or answers of tools. */
export function usesTools({ messages, tools }: Pick<ChatExample, "messages" | "tools">): boolean {
  return tools !== undefined || messages.some(({ role, more }) => role === "tool" || more?.tool_calls !== undefined);
}

/** Names of the functions that a message calls. */
export function calledFunctions({ more }: ChatMessage): readonly string[] {
  if (!Array.isArray(more?.tool_calls)) return [];
  return more.tool_calls.flatMap((call: unknown) => {
    const called = isObject(call) && isObject(call.function) ? call.function : call;
    return isObject(called) && typeof called.name === "string" ? [called.name] : [];
  });
}
