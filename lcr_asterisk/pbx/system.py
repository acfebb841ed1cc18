"""The hotline's own Asterisk: where it lives under the data directory and which passwords it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.pbx.spec import DEFAULT_HTTP, DEFAULT_RTP, DEFAULT_SIP, Address, InstanceSpec, Login, Trunk

ARI_USER = "lcr"


def system_spec(
    data: Path,
    *,
    http: Address = DEFAULT_HTTP,
    sip: Address = DEFAULT_SIP,
    rtp: tuple[int, int] = DEFAULT_RTP,
    trunk: Trunk | None = None,
    softphones: Iterable[str] = (),
    music: Mapping[str, Path] | None = None,
    away: Path | None = None,
    goodbye: Path | None = None,
) -> InstanceSpec:
    """The instance in `<data>/asterisk`, with passwords from `<data>/secrets` (made here at the first call).

    The ARI user is `lcr` with secret `ari`; a softphone's password is secret `softphone-NAME`. `away` and `goodbye` are
    the WAV files a caller hears while the engine is away; without them, tones. PbxError: a value that cannot be
    written into Asterisk's configuration, or a secret that cannot be kept.
    """
    sounds = {"LCR_SOUND_AWAY": away, "LCR_SOUND_GOODBYE": goodbye}
    return InstanceSpec(
        directory=data / "asterisk",
        http=http,
        sip=sip,
        rtp=rtp,
        ari_users=(Login(ARI_USER, secret(data, "ari")),),
        trunk=trunk,
        softphones=tuple(Login(name, secret(data, f"softphone-{name}")) for name in softphones),
        music=music or {},
        # Playback() picks the format itself and takes the name without its ending.
        globals={name: str(file.absolute().with_suffix("")) for name, file in sounds.items() if file is not None},
    )
