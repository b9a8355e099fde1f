// The AI SDK's prompts, tools and settings in the form of a writer.

import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolResultOutput,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { LowrankError } from "@lowrank/contracts";
import { isObject } from "@lowrank/contracts/internal";
import type { ServedMessage, ServedTool } from "../served-model.ts";
import type { ToolUse } from "../tools/tool-use.ts";

/** The messages of a prompt. Throws PROMPT_PART_UNSUPPORTED for files. */
export function messagesOf(prompt: readonly LanguageModelV4Message[]): readonly ServedMessage[] {
  return prompt.flatMap((message): readonly ServedMessage[] => {
    const { role } = message;
    if (role === "system") return [{ role, content: message.content }];
    if (role === "user") return [{ role, content: message.content.map(textOf).join("") }];
    if (role === "tool") {
      return message.content.flatMap((part) => {
        if (part.type !== "tool-result") return [];
        const more = { tool_call_id: part.toolCallId, name: part.toolName };
        return [{ role, content: resultText(part.output), more }];
      });
    }
    const calls = message.content.flatMap((part) => {
      if (part.type !== "tool-call") return [];
      const called = { name: part.toolName, arguments: isObject(part.input) ? part.input : {} };
      return [{ id: part.toolCallId, type: "function", function: called }];
    });
    // Templates leave out the reasoning of earlier answers.
    const kept = message.content.filter(({ type }) => type !== "tool-call" && type !== "reasoning");
    return [{ role, content: kept.map(textOf).join(""), ...(calls.length > 0 && { more: { tool_calls: calls } }) }];
  });
}

function textOf(part: { readonly type: string; readonly text?: string }): string {
  if (part.type === "text") return part.text ?? "";
  const message = `The prompt has a part of type "${part.type}". This model reads text only: remove the part.`;
  throw new LowrankError("PROMPT_PART_UNSUPPORTED", message);
}

function resultText(output: LanguageModelV4ToolResultOutput): string {
  if (output.type === "text" || output.type === "error-text") return output.value;
  if (output.type === "execution-denied") return output.reason ?? "The user denied the execution of this tool.";
  return output.type === "content" ? output.value.map(textOf).join("") : JSON.stringify(output.value);
}

/** The tools of a call; those that a provider would run are left out. */
export function toolUseOf({ tools = [], toolChoice = { type: "auto" } }: LanguageModelV4CallOptions): ToolUse {
  const functions = tools.flatMap((tool): readonly ServedTool[] => {
    if (tool.type !== "function") return [];
    const { name, description = "", inputSchema: parameters } = tool;
    return [{ type: "function", function: { name, description, parameters } }];
  });
  const choice = toolChoice.type === "tool" ? { name: toolChoice.toolName } : toolChoice.type;
  return { tools: functions, choice, isParallel: true };
}

/** Settings that have no effect. */
export function unsupportedIn(options: LanguageModelV4CallOptions): SharedV4Warning[] {
  const { tools = [], presencePenalty = 0, frequencyPenalty = 0 } = options;
  const given = {
    presencePenalty: presencePenalty !== 0,
    frequencyPenalty: frequencyPenalty !== 0,
    "tools of a provider": tools.some(({ type }) => type !== "function"),
  };
  return Object.entries(given).flatMap(([feature, isGiven]) => (isGiven ? [{ type: "unsupported", feature }] : []));
}
