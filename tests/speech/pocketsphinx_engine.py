"""CMU PocketSphinx as a command that transcribes; its English model comes with the package.

    python pocketsphinx_engine.py FILE.wav

That model was made of people at a microphone. Of espeak-ng's voice over a telephone it understands nothing when it may
choose among all words, so it gets a grammar of what is said on a hotline, and the time to look everywhere in it.
"""

from __future__ import annotations

import sys
import wave

from pocketsphinx import Decoder

GRAMMAR = """\
#JSGF V1.0;
grammar hotline;
public <sentence> = the <what> is <how>;
<what> = database | server | network | website | printer;
<how> = down | very slow | working again | on fire;
"""
SEARCH_EVERYWHERE = {"beam": 1e-200, "pbeam": 1e-200, "wbeam": 1e-150, "maxhmmpf": -1, "bestpath": False}
QUIET = bytes(16000)  # half a second

with wave.open(sys.argv[1], "rb") as file:
    decoder = Decoder(samprate=file.getframerate(), lm=None, cmn="batch", logfn="/dev/null", **SEARCH_EVERYWHERE)
    sound = QUIET + file.readframes(file.getnframes()) + QUIET
decoder.add_jsgf_string("hotline", GRAMMAR)
decoder.activate_search("hotline")
decoder.start_utt()
decoder.process_raw(sound, full_utt=True)
decoder.end_utt()
heard = decoder.hyp()
print(heard.hypstr if heard else "")
