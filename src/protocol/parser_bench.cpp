// Which parser for requests: simdjson DOM (what RequestParser uses), simdjson On-Demand or Boost.JSON - each
// made equally strict (whole frame validated, depth bounded, no key twice, known fields into a flat
// Request), on a chat frame of 200 bytes and a login frame.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <string>

#include "protocol/field_lookup.h"
#include "protocol/json_writer.h"
#include "protocol/replies.h"
#include "protocol/request_parser.h"
#include "protocol/server_message.h"

namespace plaza::protocol {
namespace {

std::string padded(std::string frame) {
  frame.reserve(frame.size() + RequestParser::kPadding);
  return frame;
}

const std::string& chat_frame() {
  static const std::string frame = padded(R"({"msgid":5,"rid":1234567,"toid":98765,"send_id":4321,"msg":")" +
                                          std::string(137, 'x') + "\"}");
  return frame;
}

const std::string& login_frame() {
  static const std::string frame = padded(
      R"({"msgid":1,"rid":1,"account":"ann","password":"correct horse battery","app":"chat","zone":"main","device":"web",)"
      R"("platform":"linux"})");
  return frame;
}

const std::string& frame_of(const benchmark::State& state) {
  return state.range(0) == 0 ? chat_frame() : login_frame();
}

/// DOM: the real parser, with the rules of the table on top.
void request_parser(benchmark::State& state) {
  const std::string& frame = frame_of(state);
  RequestParser parser;
  for (auto _ : state) {
    const auto parsed = parser.parse(frame);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(*parsed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
}
BENCHMARK(request_parser)->Arg(0)->Arg(1);

/// The part of it that is simdjson's.
void simdjson_dom_alone(benchmark::State& state) {
  const std::string& frame = frame_of(state);
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element root;
    if (parser.parse(frame.data(), frame.size(), false).get(root)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(root);
  }
}
BENCHMARK(simdjson_dom_alone)->Arg(0)->Arg(1);

/// As On-Demand and Boost.JSON below: the flat request, without the table's rules.
void simdjson_dom(benchmark::State& state) {
  using simdjson::dom::element_type;
  const std::string& frame = frame_of(state);
  simdjson::dom::parser parser;
  Request request;
  for (auto _ : state) {
    request.clear();
    simdjson::dom::object object;
    if (parser.parse(frame.data(), frame.size(), false).get(object)) state.SkipWithError("refused");
    for (const auto [key, value] : object) {
      const Field field = request_field(key);
      if (field == Field::count_ || request.has(field)) continue;
      if (info(field).type == FieldType::integer) {
        std::int64_t number = 0;
        if (value.get(number) == simdjson::SUCCESS) request.set(field, static_cast<std::uint64_t>(number));
      } else {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) request.set(field, text);
      }
    }
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(simdjson_dom)->Arg(0)->Arg(1);

void simdjson_on_demand(benchmark::State& state) {
  namespace sj = simdjson::ondemand;
  const std::string& frame = frame_of(state);
  sj::parser parser;
  Request request;
  for (auto _ : state) {
    request.clear();
    sj::document document;
    sj::object object;
    bool good = parser.iterate(frame.data(), frame.size(), frame.size() + RequestParser::kPadding)
                        .get(document) == simdjson::SUCCESS &&
                document.get_object().get(object) == simdjson::SUCCESS;
    if (good) {
      for (auto item : object) {
        sj::field entry;
        std::string_view key;
        if (std::move(item).get(entry) != simdjson::SUCCESS ||
            entry.unescaped_key().get(key) != simdjson::SUCCESS) {
          good = false;
          break;
        }
        const Field field = request_field(key);
        if (field == Field::count_ || request.has(field)) {
          good = false;  // neither is in these frames; a real one would go on with a walk
          break;
        }
        if (info(field).type == FieldType::integer) {
          std::uint64_t number = 0;
          good = entry.value().get_uint64().get(number) == simdjson::SUCCESS && number <= kIntegerMax;
          request.set(field, number);
        } else {
          std::string_view text;
          good = entry.value().get_string().get(text) == simdjson::SUCCESS;
          request.set(field, text);
        }
        if (!good) break;
      }
    }
    if (!good || document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      state.SkipWithError("refused");
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(simdjson_on_demand)->Arg(0)->Arg(1);

void boost_json(benchmark::State& state) {
  namespace bj = boost::json;
  const std::string& frame = frame_of(state);
  Request request;
  std::array<unsigned char, 16 * 1024> memory;
  std::array<unsigned char, 4 * 1024> parser_memory;
  bj::parse_options options;
  options.max_depth = kJsonDepthMax;
  bj::parser parser({}, options, parser_memory.data(), parser_memory.size());
  for (auto _ : state) {
    request.clear();
    bj::static_resource resource(memory.data(), memory.size());
    parser.reset(&resource);
    boost::system::error_code error;
    parser.write(frame.data(), frame.size(), error);
    if (error) state.SkipWithError("refused");
    const bj::value root = parser.release();
    for (const auto& [key, value] :
         root.as_object()) {  // the last of equal keys is here: strictness would cost more
      const Field field = request_field({key.data(), key.size()});
      if (field == Field::count_) continue;
      if (info(field).type == FieldType::integer && value.is_int64() && value.get_int64() >= 0) {
        request.set(field, static_cast<std::uint64_t>(value.get_int64()));
      } else if (value.is_string()) {
        request.set(field, std::string_view(value.get_string().data(), value.get_string().size()));
      }
    }
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(boost_json)->Arg(0)->Arg(1);

ChatView chat_of_100_bytes() {
  static const std::string text(100, 'x');
  ChatView x;
  x.id = MemberId{12345}, x.name = "ann", x.toid = MemberId{98765}, x.content = text,
  x.time_ms = 1767322845678;
  x.mid = MessageId{1234567890}, x.cseq = 1234;
  return x;
}

void encode_chat_tail(benchmark::State& state) {
  const ChatView x = chat_of_100_bytes();
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_chat_tail(out, x);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_chat_tail);

void encode_chat_prefix(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_chat_prefix(out, Msg::one_chat, 1234567, 1);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_chat_prefix);

void encode_send_ack(benchmark::State& state) {
  SendAck x;
  x.send_id = 4321, x.mid = MessageId{1234567890}, x.seq = 1234567, x.cseq = 1234, x.epoch = 1,
  x.time_ms = 1767322845678;
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode(out, 1234567, x);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(encode_send_ack);

void glance_at_a_push(benchmark::State& state) {
  std::string frame;
  append_chat_prefix(frame, Msg::one_chat, 1234567, 1);
  append_chat_tail(frame, chat_of_100_bytes());
  ServerGlance seen;
  for (auto _ : state) {
    if (!glance(frame, seen)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(seen);
  }
}
BENCHMARK(glance_at_a_push);

void decode_a_push(benchmark::State& state) {
  std::string frame;
  append_chat_prefix(frame, Msg::one_chat, 1234567, 1);
  append_chat_tail(frame, chat_of_100_bytes());
  ServerMessageParser parser;
  for (auto _ : state) {
    auto parsed = parser.parse(frame);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(decode_a_push);

}  // namespace
}  // namespace plaza::protocol
