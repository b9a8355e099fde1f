// The fields of a chat request about tools: `tools`, `tool_choice`, `parallel_tool_calls`, and calls in messages.

import { describeValue, isObject, jsonIn } from "@lowrank/contracts/internal";
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
  // Templates write all three.
  const { name, description = "", parameters = { type: "object", properties: {} } } = tool.function;
  const fault = (field: string, value: unknown, expected: string) =>
    fields.fault(`${at}.function.${field}`, `${describeValue(value)}; expected ${expected}`);
  if (typeof name !== "string" || !namePattern.test(name))
    return fault("name", name, "1 to 64 letters, digits, _ and -");
  if (typeof description !== "string") return fault("description", description, "a text");
  if (!isObject(parameters)) return fault("parameters", parameters, "a JSON Schema");
  return { type: "function", function: { name, description, parameters } };
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
    const { id, function: called } = isObject(call) ? call : {};
    if (typeof id !== "string" || !isObject(called) || typeof called.name !== "string")
      return fields.fault(`${at}[${index}]`, "expected { id, type: function, function: { name, arguments } }") ?? {};
    const { name, arguments: text } = called;
    const value = typeof text === "string" ? jsonIn(text || "{}") : text;
    if (!isObject(value))
      fields.fault(`${at}[${index}].function.arguments`, `${describeValue(text)}; expected a JSON object as text`);
    return { id, type: "function", function: { name, arguments: value } };
  });
}
