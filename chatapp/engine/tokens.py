"""How long texts are, in tokens, where no model is there to say."""

from chatapp.engine.generation.port import Call, CallOutput, Message, Prompt, Search, Thought, Turn

BYTES_PER_TOKEN = 4
"""UTF-8 bytes a token: within about a tenth of the common tokenizers on English prose, and sane for CJK
(three bytes a character, so three quarters of a token)."""
IMAGE_TOKENS = 85
"""What an image counts at least, whatever its size: a tile of low detail at api.openai.com."""


def estimate_tokens(text: str) -> int:
    """Tokens in `text`, estimated as its UTF-8 length over BYTES_PER_TOKEN, rounded up."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def estimate_prompt(prompt: Prompt) -> int:
    """Tokens of all a generator gets: instructions, turns, passages and functions."""
    functions = (f"{one.name}{one.description}{one.parameters}" for one in prompt.wishes.functions)
    passages = (passage.chunk.text for passage in prompt.passages)
    texts = (prompt.instructions or "", *passages, *functions)
    return sum(map(estimate_tokens, texts)) + sum(map(estimate_turn, prompt.turns))


def estimate_turn(turn: Turn) -> int:
    """Tokens of one turn."""
    match turn:
        case Message(content=content) | CallOutput(content=content):
            return sum(estimate_tokens(one) if isinstance(one, str) else IMAGE_TOKENS for one in content)
        case Thought(text=text):
            return estimate_tokens(text)
        case Call(name=name, arguments=arguments):
            return estimate_tokens(name + arguments)
        case Search(queries=queries, passages=passages):
            return sum(map(estimate_tokens, (*queries, *(one.chunk.text for one in passages))))
