"""A base and its adapters over HTTP by transformers and PEFT: what waits is generated as one batch, each row with its adapter.

Arguments: model folder, folder of adapter folders, threads, rows of a batch. Prints its port once it is ready.
`transformers serve` knows no adapters, and its continuous batching is for graphics cards.
"""

import json
import os
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, adapters, threads, most_rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
names = sorted(os.listdir(adapters))
model = PeftModel.from_pretrained(model, os.path.join(adapters, names[0]), adapter_name=names[0])
for name in names[1:]:
    model.load_adapter(os.path.join(adapters, name), adapter_name=name)
model.eval()
waiting = queue.Queue()


def work():
    while True:
        batch = [waiting.get()]
        while len(batch) < most_rows and not waiting.empty():
            batch.append(waiting.get())
        inputs = tokenizer([asked["prompt"] for asked, _ in batch], return_tensors="pt", padding=True)
        rows = [asked["model"] if asked["model"] in names else "__base__" for asked, _ in batch]
        longest = max(asked["max_tokens"] for asked, _ in batch)
        mixed = {"adapter_names": rows} if len(set(rows)) > 1 else {}
        if not mixed and rows[0] != "__base__":
            model.set_adapter(rows[0])
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=longest, min_new_tokens=longest, do_sample=False, **mixed)
        for (asked, done), ids in zip(batch, output[:, inputs["input_ids"].shape[1] :]):
            done.put(tokenizer.decode(ids[: asked["max_tokens"]], skip_special_tokens=True))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        done = queue.Queue()
        waiting.put((asked, done))
        usage = {"completion_tokens": asked["max_tokens"]}
        answer = json.dumps({"choices": [{"text": done.get()}], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    # Read while the socket is made. By itself it is 5: of 64 clients that ask at once most would knock again after seconds.
    request_queue_size = 256


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=work, daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
