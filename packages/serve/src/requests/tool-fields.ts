// The fields of a chat request about tools: `tools`, `tool_choice`, `parallel_tool_calls`, and calls in messages.

import { describeValue, isObject, JsonError, parseJson } from "@lowrank/contracts";
import type { ServedTool } from "../served-model.ts";
import { maxTools, type ToolUse } from "../tools/tool-use.ts";
import type { Fields } from "./fields.ts";

const namePattern = /^[\w-]{1,64}$/;

export function toolUse(fields: Fields): ToolUse {
  const given = fields.raw("tools") ?? [];
  const isList = Array.isArray(given) && given.length <= maxTools;
  if (!isList) fields.fault("tools", `expected a list of at most ${maxTools} tools`);
  const tools = isList ? given.flatMap((tool: unknown, index) => toolOf(tool, `tools[${index}]`, fields) ?? []) : [];
  const names = tools.map((tool) => tool.function.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) fields.fault("tools", `"${twice}" is there twice; expected each name once`);
  const isParallel = fields.raw("parallel_tool_calls") === undefined || fields.flag("parallel_tool_calls");
  return { tools, choice: choiceOf(fields, names), isParallel };
}

function toolOf(tool: unknown, at: string, fields: Fields): ServedTool | undefined {
  if (!isObject(tool) || tool.type !== "function" || !isObject(tool.function))
    return fields.fault(
      at,
      "expected { type: function, function: { name, parameters } }; other tools are not supported",
    );
  const { name, description, parameters } = tool.function;
  if (typeof name !== "string" || !namePattern.test(name))
    return fields.fault(`${at}.function.name`, `${describeValue(name)}; expected 1 to 64 letters, digits, _ and -`);
  if (typeof (description ?? "") !== "string")
    return fields.fault(`${at}.function.description`, `${describeValue(description)}; expected a text`);
  if (!isObject(parameters ?? {}))
    return fields.fault(`${at}.function.parameters`, `${describeValue(parameters)}; expected a JSON Schema`);
  // Templates write all three.
  const text = typeof description === "string" ? description : "";
  const schema = parameters ?? { type: "object", properties: {} };
  return { type: "function", function: { name, description: text, parameters: schema } };
}

function choiceOf(fields: Fields, names: readonly string[]): ToolUse["choice"] {
  const choice = fields.raw("tool_choice") ?? "auto";
  if (choice === "none" || choice === "auto") return choice;
  if (names.length === 0) fields.fault("tool_choice", "given without tools");
  else if (choice === "required") return choice;
  else if (isObject(choice) && choice.type === "function" && isObject(choice.function)) {
    const { name } = choice.function;
    if (typeof name === "string" && names.includes(name)) return { name };
    fields.fault("tool_choice", `${describeValue(name)} is no tool of this request`);
  } else
    fields.fault("tool_choice", `${describeValue(choice)}; expected none, auto, required, or the name of a function`);
  return "auto";
}

/** The calls of an assistant's message. Templates need their arguments as objects. */
export function messageCalls(given: unknown, at: string, fields: Fields): readonly object[] | undefined {
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given) || given.length === 0) return fields.fault(at, "expected a list of calls");
  return given.map((call: unknown, index) => {
    const called = isObject(call) ? call.function : undefined;
    if (!isObject(call) || typeof call.id !== "string" || !isObject(called) || typeof called.name !== "string") {
      fields.fault(`${at}[${index}]`, "expected { id, type: function, function: { name, arguments } }");
      return {};
    }
    const { name, arguments: text } = called;
    const value = argumentsOf(text);
    if (!isObject(value))
      fields.fault(`${at}[${index}].function.arguments`, `${describeValue(text)}; expected a JSON object as text`);
    return { id: call.id, type: "function", function: { name, arguments: value } };
  });
}

/** Undefined if the text is not JSON. */
function argumentsOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return parseJson(text.trim() === "" ? "{}" : text, { maxDepth: 32 });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return undefined;
  }
}
