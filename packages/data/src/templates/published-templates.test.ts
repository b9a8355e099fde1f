// Limits do not change published templates: they are compared with the library's own rendering, without limits.

import { Template } from "@huggingface/jinja";
import { describe, expect, it } from "vitest";
import { chatTemplate } from "./chat-template.ts";
import { parseTemplate } from "./jinja-template.ts";
import { TemplateBudget } from "./template-budget.ts";

// As Llama 3.1 and later have it, tools included.
const llama3 = `{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not tools_in_user_message is defined %}
    {%- set tools_in_user_message = true %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- This block extracts the system message, so we can slot it into the right place. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}

{#- System message #}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none and not tools_in_user_message %}
    {{- "You have access to the following functions. To call a function, please respond with JSON for a function call." }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}

{#- Custom tools are passed in a user message with some extra guidance #}
{%- if tools_in_user_message and not tools is none %}
    {%- if messages | length != 0 %}
        {%- set first_user_message = messages[0]['content']|trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {{- raise_exception("Cannot put tools in the first user message when there's no first user message!") }}
    {%- endif %}
    {{- '<|start_header_id|>user<|end_header_id|>\\n\\n' -}}
    {{- "Given the following functions, please respond with a JSON for a function call " }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
    {{- first_user_message + "<|eot_id|>"}}
{%- endif %}

{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`;

// As Qwen 3 has it, with tools and thoughts.
const qwen3 = `{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\\n' }}
                {%- endif %}
                {{- '<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + content + '\\n</tool_response><|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
`;

// As Mistral 7B Instruct, Gemma 2, DeepSeek's distilled models and Phi 3 have it.
const mistral = `{{ bos_token }}{% for message in messages[1:] %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}`;
const gemma = `{{ bos_token }}{% for message in messages[1:] %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}`;
const deepSeek = `{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{% if add_generation_prompt and not ns.is_tool %}{{'<｜Assistant｜><think>\\n'}}{% endif %}`;
const phi = `{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}`;

// Macros that call each other for the types of a tool's parameters, as gpt-oss writes them.
const typed = `{%- macro render_type(spec) -%}{%- if spec.type == 'array' -%}{{- render_type(spec['items']) + '[]' -}}{%- elif spec.type == 'object' -%}{{- '{\\n' -}}{%- for name, inner in spec.properties.items() -%}{{- name + ('?' if name not in (spec.required or []) else '') -}}{{- ': ' -}}{{- render_type(inner) -}}{{- ', // ' ~ inner.description | default('') | indent(4) ~ '\\n' -}}{%- endfor -%}{{- '}' -}}{%- else -%}{{- spec.type | upper -}}{%- endif -%}{%- endmacro -%}{%- for tool in tools or [] -%}{{- 'type ' + tool.function.name + ' = (_: ' + render_type(tool.function.parameters) + ') => any;\\n' -}}{%- endfor -%}{%- for m in messages | selectattr('role', 'equalto', 'user') | list -%}{{- [m.role, m.content] | join(': ') | replace('words', 'letters') -}}{%- endfor -%}{%- filter indent(2) -%}{{- messages | map(attribute='role') | unique | join('\\n') -}}{%- endfilter -%}`;

const messages = Array.from({ length: 1000 }, (_, index) => ({
  role: index === 0 ? "system" : index % 2 === 1 ? "user" : "assistant",
  content: ` ${index % 9 === 0 ? "<think>So.</think>" : ""}Message ${index}.\n${"Some words of real length. ".repeat(74)}`,
}));

const tools = Array.from({ length: 20 }, (_, index) => {
  const parameter = { type: "array", items: { type: "string" }, description: 'What it is "for".' };
  const properties = Object.fromEntries("abcdefgh".split("").map((name) => [name, parameter]));
  return {
    type: "function",
    function: { name: `f${index}`, parameters: { type: "object", properties, required: ["a"] } },
  };
});

describe("1000 messages by a template like that of", () => {
  const templates = { llama3, qwen3, mistral, gemma, deepSeek, phi, typed };
  it.each(Object.entries(templates))("%s are written as without bounds", (_, source) => {
    const bounded = parseTemplate(source);
    for (const given of [null, tools]) {
      const marks = { bos_token: "<s>", eos_token: "</s>" };
      const variables = { messages, tools: given, add_generation_prompt: true, ...marks };
      const budget = new TemplateBudget();
      budget.allowFor(messages.length);
      const text = bounded.render(variables, budget);
      expect(text.length).toBeGreaterThan(500_000);
      expect(text === new Template(source).render(variables)).toBe(true);
    }
  });
});

it("tool calls are trained as Llama 3.1's template writes them; tools and their answers are input only", () => {
  const call = { function: { name: "weather", arguments: { city: "Oslo" } } };
  const { segments } = chatTemplate(llama3, { bosToken: "<s>" }).render({
    kind: "chat",
    tools: tools.slice(0, 1),
    messages: [
      { role: "user", content: "Rain?" },
      { role: "assistant", content: "", more: { tool_calls: [call] } },
      { role: "tool", content: "yes" },
      { role: "assistant", content: "It rains." },
    ],
  });
  expect(segments.filter(({ isTrained }) => isTrained).map(({ text }) => text)).toEqual([
    '{"name": "weather", "parameters": {"city": "Oslo"}}<|eot_id|>',
    "It rains.<|eot_id|>",
  ]);
  const shown = segments.filter(({ isTrained }) => !isTrained).map(({ text }) => text);
  expect(shown[0]).toContain('"name": "f0"');
  expect(shown[1]).toContain('ipython<|end_header_id|>\n\n"yes"<|eot_id|>');
});
