# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How good real models are at what they were trained for: data to calibrate with and other data to judge by.

Each class has a name, the unit of its measure, `parts` (the model's files and, for each, samples to calibrate with), and
`measure`, which gets a compiled program for each part.
"""

import json

import numpy as np

from halftone_runtime import Session, load_library

import data
from harness import BUILD, make_session, model_path, run_reference


def open_session(program):
    return Session(load_library(BUILD / "lib/libhalftone.so"), program.path, threads=1)


def run(session, inputs):
    session.bind(inputs)()
    return session.outputs()


class Mnist:
    name, unit = "mnist", "top-1 of 1900"

    def __init__(self):
        images, labels = data.mnist_images()
        self.parts = [("mnist/model.onnx", {data.MNIST_INPUT: images[:100]})]
        self.images, self.labels = images[100:], labels[100:]

    def measure(self, program):
        outputs = program.run_samples({data.MNIST_INPUT: self.images})
        return f"{data.count_right(next(iter(outputs.values())), self.labels) / len(self.labels):.2%}"


class Stories:
    name, unit = "stories260k", "perplexity"

    def __init__(self):
        self.windows = data.stories_windows(step=5)
        self.parts = [("stories260k/stories260K.onnx", {data.STORIES_INPUT: data.stories_calibration()})]

    def measure(self, program):
        outputs = program.run_samples({data.STORIES_INPUT: data.pad_windows(self.windows)})
        return f"{data.perplexity(self.windows, outputs['logits']):.3f}"


class Mobilenet:
    name, unit = "mobilenetv2", "top-1 of 120"

    def __init__(self):
        images, _ = data.mobilenet_images("calibration_48")
        self.parts = [("mobilenetv2/fp32.onnx", {data.MOBILENET_INPUT: images})]
        self.images, self.labels = data.mobilenet_images("evaluation_120")

    def measure(self, program):
        outputs = program.run_samples({data.MOBILENET_INPUT: self.images})
        return f"{data.count_right(outputs['scores'], self.labels) / len(self.labels):.1%}"


class BartG2P:
    """Spelling to sounds, decoded greedily; the first words are for calibration."""

    name, unit = "bart-g2p", "exact words of 360"
    num_calibration, start, end, first_sound = 40, 1, 2, 4

    def __init__(self):
        archive = np.load(model_path("bart-g2p/us_gold_sample400.npz"))
        self.letters, self.mask = archive["input_ids"], archive["attention_mask"]
        config = json.loads(model_path("bart-g2p/us_bart_config.json").read_text())
        self.sounds = config["phoneme_chars"]
        samples = json.loads(model_path("bart-g2p/us_gold_sample400.json").read_text())
        self.expected = [pronounced for _, pronounced, _ in samples]
        self.num_steps = archive["decoded"].shape[1]
        few = slice(0, self.num_calibration)
        self.parts = [
            ("bart-g2p/us_encoder.onnx", {"input_ids": self.letters[few, None], "attention_mask": self.mask[few, None]}),
            ("bart-g2p/us_decoder.onnx", {
                "input_ids": archive["decoded"][few, None],
                "encoder_hidden_states": archive["last_hidden_state"][few, None],
                "encoder_attention_mask": self.mask[few, None],
            }),
        ]

    def measure(self, encoder, decoder):
        letters, mask = self.letters[self.num_calibration :], self.mask[self.num_calibration :]
        session = open_session(encoder)
        states = run(session, {"input_ids": letters, "attention_mask": mask})["last_hidden_state"]
        session.close()
        session = open_session(decoder)
        decoded = np.full((len(letters), 1), self.start, np.int64)
        for _ in range(self.num_steps - 1):
            logits = run(session, {"input_ids": decoded, "encoder_hidden_states": states, "encoder_attention_mask": mask})["logits"]
            decoded = np.concatenate([decoded, logits[:, -1].argmax(axis=1)[:, None]], axis=1)
        session.close()
        words = [self.spell(row) for row in decoded]
        right = sum(word == expected for word, expected in zip(words, self.expected[self.num_calibration :]))
        return f"{right / len(words):.1%}"

    def spell(self, tokens):
        word = ""
        for token in tokens[1:]:
            if token == self.end:
                break
            word += self.sounds[token] if token >= self.first_sound else ""
        return word


class Mameformer:
    """Five digits are of one of two kinds; the last of these tokens says so, and what follows is the answer."""

    name, unit = "mameformer", "exact of 2000"
    ending, answers = [11, 12], {"A": 13, "Z": 14}

    def __init__(self):
        lines = model_path("mameformer/test.txt").read_text().split()
        calibration, evaluation = lines[1:4001:40], lines[:46000:23]
        self.parts = [("mameformer/7model.onnx", self.feed(calibration))]
        self.inputs = self.feed(evaluation)
        self.expected = np.array([self.answers[line[-1]] for line in evaluation])

    def feed(self, lines):
        tokens = np.array([[int(digit) + 1 for digit in line[:-1]] + self.ending for line in lines])
        return {"input_ids": tokens[:, None], "attention_mask": np.ones_like(tokens)[:, None]}

    def measure(self, program):
        logits = program.run_samples(self.inputs)["logits"]
        answers = logits.reshape(len(self.expected), -1, logits.shape[-1])[:, -1].argmax(axis=1)
        return f"{(answers == self.expected).mean():.1%}"


class Magika:
    name, unit = "magika", "files right of 22"

    def __init__(self):
        archive = np.load(model_path("magika/inference_examples.npz"))
        files = archive["bytes"][:, None]
        self.parts = [("magika/model.onnx", {"bytes": files[:21]})]
        self.files, self.labels = files[21:], archive["target_label"][21:].argmax(axis=1)

    def measure(self, program):
        return f"{data.count_right(program.run_samples({'bytes': self.files})['target_label'], self.labels)}"


class Stream:
    """A model that hands a state on from frame to frame: signal to noise of what it says, beside the float model."""

    def __init__(self, path, frames, num_calibration, state, output):
        self.frames, self.state, self.output = frames, state, output
        session = make_session(model_path(path))
        inputs, self.expected = self.follow(lambda feed: run_reference(session, feed))
        few = range(0, len(frames), len(frames) // num_calibration)
        self.parts = [(path, {name: np.stack([inputs[i][name] for i in few]) for name in inputs[0]})]

    def follow(self, step):
        """The inputs of each frame, and what the model says."""
        state = {name: np.zeros(shape, np.float32) for name, (shape, _) in self.state.items()}
        inputs, says = [], []
        for frame in self.frames:
            feed = {**frame, **state}
            outputs = step(feed)
            inputs.append(feed)
            says.append(outputs[self.output])
            state = {name: outputs[source] for name, (_, source) in self.state.items()}
        return inputs, np.stack(says).astype(np.float64)

    def measure(self, program):
        session = open_session(program)
        _, says = self.follow(lambda feed: run(session, feed))
        session.close()
        noise = ((says - self.expected) ** 2).sum()
        return f"{10 * np.log10((self.expected ** 2).sum() / noise):.1f}"


class Silero(Stream):
    name, unit = "silero-vad", "SNR of 400 frames, dB"

    def __init__(self):
        frames = [{"input": frame} for frame in data.silero_frames()[:400]]
        super().__init__("silero-vad/silero_vad_openvino_16k.onnx", frames, 40,
                         {"state": ((2, 1, 128), "stateN")}, "output")


class Gtcrn(Stream):
    name, unit = "gtcrn", "SNR of 50 frames, dB"

    def __init__(self):
        frames = [{"mix": frame} for frame in np.load(model_path("gtcrn/ort_io_first50.npz"))["mix"]]
        super().__init__("gtcrn/gtcrn_simple.onnx", frames, 10,
                         {"conv_cache": ((2, 1, 16, 16, 33), "conv_cache_out"), "tra_cache": ((2, 3, 1, 1, 16), "tra_cache_out"),
                          "inter_cache": ((2, 1, 33, 16), "inter_cache_out")}, "enh")


MODELS = {model.name: model for model in (Stories, BartG2P, Mobilenet, Mnist, Mameformer, Magika, Silero, Gtcrn)}
