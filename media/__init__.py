"""The media plane: RTP and websocket legs, mixing, playing and recording in 20 ms ticks."""
