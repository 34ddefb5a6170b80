#include "net/frame_error.h"

namespace plaza::net {

std::string_view frame_error_text(FrameError error) {
  switch (error) {
    case FrameError::none: return "no error";
    case FrameError::not_an_object: return "a frame must be one JSON object";
    case FrameError::too_large: return "the frame is larger than allowed";
    case FrameError::too_deep: return "the JSON is nested too deeply";
    case FrameError::websocket: return "the WebSocket frame breaks RFC 6455";
    case FrameError::not_utf8: return "the text is not UTF-8";
    case FrameError::malformed: return "malformed JSON";
  }
  return "unknown error";
}

}  // namespace plaza::net
