// Chat templates for models whose files have none, because a processor of transformers writes their prompts.

/** As processing_paligemma.py: images, the start token, the text and a line break; then the answer and the end token. */
const paligemma =
  "{% for message in messages %}" +
  "{% set parts = [{'type': 'text', 'text': message.content}] if message.content is string else message.content %}" +
  "{% for part in parts %}{% if part.type == 'image' %}<image>{% endif %}{% endfor %}" +
  "{% if loop.first %}{{ bos_token }}{% endif %}" +
  "{% for part in parts %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}" +
  "{% if message.role == 'assistant' %}{{ eos_token }}{% else %}{{ '\\n' }}{% endif %}" +
  "{% endfor %}";

/** By the processor's name, which is `processor_class` of tokenizer_config.json. */
export const processorTemplates: ReadonlyMap<unknown, string> = new Map([["PaliGemmaProcessor", paligemma]]);
