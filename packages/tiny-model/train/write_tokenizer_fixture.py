"""Write src/fixtures/token-ids.json: what Python's tokenizer makes of some lines, for the JavaScript test.

    python write_tokenizer_fixture.py

Run it again after training a new tokenizer.
"""

import argparse
import json
from pathlib import Path

from transformers import AutoTokenizer

from prepare_corpus import DEFAULT_CACHE

PACKAGE = Path(__file__).resolve().parent.parent
HELD_OUT_LINES = 200
MAX_LINE_CHARACTERS = 240

# What the held-out text has little of: brackets, digits, letters beyond ASCII, odd blanks, special tokens.
HARD_LINES = [
    "name[Blue Spice], eatType[coffee shop], priceRange[£20-25]",
    "name[The Wrestlers], customer rating[5 out of 5], area[riverside], near[Café Rouge]",
    "I'LL say it's 1999's, don't you? 3.14159 and 1,000,000",
    "naïve ½ ²³ ١٢٣ 漢字 😀",
    "  two blanks around  ",
    "a tab\there, a line\n\nbreak, a Windows\r\nline",
    "<|endoftext|>name[Alimentum]<|endoftext|><|pad|><|pad|>",
    '{"key": [1, 2.5, null], "url": "https://example.org/?q=a&b=%20"}',
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="where prepare_corpus.py left the corpus")
    arguments = parser.parse_args()

    tokenizer = AutoTokenizer.from_pretrained(PACKAGE / "model")
    with open(arguments.cache / "corpus" / "held_out.jsonl", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:MAX_LINE_CHARACTERS] for line in lines]
    # Evenly over the file, so that every source is among them: half of the speeches and books, half of WordNet.
    books = [text for text in texts if len(text) == MAX_LINE_CHARACTERS][: HELD_OUT_LINES // 2]
    rest = [text for text in texts if len(text) < MAX_LINE_CHARACTERS]
    chosen = books + rest[:: len(rest) // (HELD_OUT_LINES - len(books))][: HELD_OUT_LINES - len(books)]

    rows = [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in chosen + HARD_LINES]
    target = PACKAGE / "src" / "fixtures" / "token-ids.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    target.write_text("[\n" + body + "\n]\n", encoding="utf-8")
    print(f"{len(rows)} lines written to {target}")


if __name__ == "__main__":
    main()
