"""A realtime peer on aiortc: takes calls, hears Opus, and says how loud a turn was.

Prints its port. Ends when its input is closed.
"""

import array
import asyncio
import json
import sys

import aioice.ice
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

# It leaves the loopback out of its candidates; here there is nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

calls = {}


class Turn:
    """What was heard since the last clear."""

    def __init__(self):
        self.items = 0
        self.clear()

    def clear(self):
        self.samples = 0
        self.energy = 0.0

    def hear(self, frame):
        heard = array.array("h", bytes(frame.planes[0]))
        self.samples += len(heard)
        self.energy += sum(sample * sample for sample in heard)

    def words(self):
        loudness = (self.energy / max(1, self.samples)) ** 0.5
        return "loud" if loudness > 500 else "silent"


async def secret(request):
    assert request.headers["Authorization"] == "Bearer marked-token"
    body = await request.json()
    assert body["expires_after"]["anchor"] == "created_at"
    return web.json_response({"value": "ek_marked", "expires_at": 4000000000, "session": body["session"]})


async def call(request):
    assert request.headers["Authorization"] == "Bearer ek_marked"
    assert request.headers["Content-Type"] == "application/sdp"
    peer = RTCPeerConnection()
    turn = Turn()

    @peer.on("track")
    async def on_track(track):
        try:
            while True:
                turn.hear(await track.recv())
        except MediaStreamError:
            pass  # the call is over

    @peer.on("datachannel")
    def on_channel(channel):
        assert channel.label == "oai-events" and channel.ordered
        say = lambda **event: channel.send(json.dumps(event))
        say(type="session.created", event_id="e0", session={"type": "realtime"})

        @channel.on("message")
        def on_message(text):
            event = json.loads(text)
            if event["type"] == "input_audio_buffer.clear":
                turn.clear()
                say(type="input_audio_buffer.cleared")
            elif event["type"] == "input_audio_buffer.commit":
                turn.items += 1
                item = f"item_{turn.items}"
                words = turn.words()
                say(type="input_audio_buffer.committed", item_id=item)
                # The beta's name, as some clones still say it.
                say(type="conversation.item.created", item={"id": item, "type": "message", "role": "user"})
                say(type="conversation.item.input_audio_transcription.delta", item_id=item, content_index=0, delta=words)
                say(
                    type="conversation.item.input_audio_transcription.completed",
                    item_id=item, content_index=0, transcript=words,
                )

    await peer.setRemoteDescription(RTCSessionDescription(sdp=await request.text(), type="offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    name = f"rtc_{len(calls) + 1}"
    calls[name] = peer
    return web.Response(
        status=201, text=peer.localDescription.sdp, content_type="application/sdp",
        headers={"Location": f"/v1/realtime/calls/{name}"},
    )


async def hangup(request):
    await calls.pop(request.match_info["name"]).close()
    return web.Response()


async def main():
    app = web.Application()
    app.add_routes(
        [web.post("/client_secrets", secret), web.post("/calls", call), web.post("/calls/{name}/hangup", hangup)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for peer in list(calls.values()):
        await peer.close()
    await runner.cleanup()


asyncio.run(main())
