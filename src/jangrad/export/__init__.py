"""Models on their way out of jangrad, and back in."""

from jangrad.export.answers import answers as answers
from jangrad.export.model_file import load_model as load_model
from jangrad.export.model_file import save_model as save_model
