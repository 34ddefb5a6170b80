#include "login/third_party.h"

#include <sodium.h>

#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/check.h"
#include "login/sodium_ready.h"

namespace plaza::login {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t kNonceBytesMin = 8, kNonceBytesMax = 64;
using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

std::string to_base64(const unsigned char* data, std::size_t size) {
  std::string text(sodium_base64_encoded_len(size, kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), data, size, kBase64);
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end, kBase64) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

Mac mac_of(std::string_view text, std::string_view secret) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  Mac mac{};
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

bool signature_is(std::string_view payload, std::string_view signature, std::string_view secret) {
  const auto given = from_base64(signature);
  const Mac expected = mac_of(payload, secret);
  return given && given->size() == expected.size() &&
         sodium_memcmp(given->data(), expected.data(), expected.size()) == 0;
}

/// False when the member is there and is not a string.
bool read_text(const boost::json::object& object, std::string_view name, std::string& out) {
  const auto* value = object.if_contains(name);
  if (!value) return true;
  const auto* text = value->if_string();
  if (text) out.assign(text->data(), text->size());
  return text != nullptr;
}

std::optional<Ticket> read_payload(const std::string& json) {
  boost::json::error_code error;
  const auto value = boost::json::parse(json, error);
  if (error || !value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  Ticket ticket;
  const auto* exp = object.if_contains("exp");
  if (!exp || !exp->is_int64()) return std::nullopt;
  ticket.exp_s = exp->get_int64();
  const bool texts = read_text(object, "vendor", ticket.vendor) && read_text(object, "user", ticket.user) &&
                     read_text(object, "app", ticket.app) && read_text(object, "zone", ticket.zone) &&
                     read_text(object, "nonce", ticket.nonce);
  if (!texts) return std::nullopt;
  return ticket;
}

}  // namespace

std::string issue_ticket(const Ticket& ticket, std::string_view secret) {
  sodium_ready();
  boost::json::object object{
      {"vendor", ticket.vendor}, {"user", ticket.user}, {"exp", ticket.exp_s}, {"nonce", ticket.nonce}};
  if (!ticket.app.empty()) object["app"] = ticket.app;
  if (!ticket.zone.empty()) object["zone"] = ticket.zone;
  const std::string json = boost::json::serialize(object);
  const std::string payload = to_base64(reinterpret_cast<const unsigned char*>(json.data()), json.size());
  const Mac mac = mac_of(payload, secret);
  return payload + '.' + to_base64(mac.data(), mac.size());
}

std::string make_nonce() {
  sodium_ready();
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_base64(bytes.data(), bytes.size());
}

HmacTicketVerifier::HmacTicketVerifier(const ports::Clock& clock, HmacTicketOptions options)
    : clock_(clock), options_(std::move(options)) {
  sodium_ready();
  PLAZA_CHECK(options_.secret.size() >= kTicketSecretBytesMin);
}

Result<void, ProofFailure> HmacTicketVerifier::verify(const ThirdPartyClaim& claim) {
  const std::string_view proof = claim.proof;
  const auto dot = proof.find('.');
  if (dot == std::string_view::npos) return fail(ProofFailure::wrong);
  const auto payload = proof.substr(0, dot);
  if (!signature_is(payload, proof.substr(dot + 1), options_.secret)) return fail(ProofFailure::wrong);

  const auto json = from_base64(payload);
  const auto ticket = json ? read_payload(*json) : std::nullopt;
  if (!ticket) return fail(ProofFailure::wrong);
  const std::int64_t now_ms = clock_.wall_ms();
  const bool in_time = ticket->exp_s <= (now_ms + kTicketTtlMaxMs) / 1000 && ticket->exp_s > now_ms / 1000;
  const bool matches = ticket->vendor == options_.vendor && ticket->user == claim.user &&
                       (ticket->app.empty() || ticket->app == claim.app) &&
                       (ticket->zone.empty() || ticket->zone == claim.zone);
  const bool nonce_ok = ticket->nonce.size() >= kNonceBytesMin && ticket->nonce.size() <= kNonceBytesMax;
  if (!in_time || !matches || !nonce_ok) return fail(ProofFailure::wrong);
  return use_nonce(*ticket, now_ms);
}

Result<void, ProofFailure> HmacTicketVerifier::use_nonce(const Ticket& ticket, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  while (!nonces_by_expiry_.empty() && nonces_by_expiry_.begin()->first * 1000 <= now_ms) {
    nonces_.erase(nonces_by_expiry_.begin()->second);
    nonces_by_expiry_.erase(nonces_by_expiry_.begin());
  }
  if (nonces_.contains(ticket.nonce)) return fail(ProofFailure::wrong);
  if (nonces_.size() >= options_.nonces_max) return fail(ProofFailure::unavailable);
  nonces_.insert(ticket.nonce);
  nonces_by_expiry_.emplace(ticket.exp_s, ticket.nonce);
  return {};
}

Result<void, ProofFailure> TestVendorVerifier::verify(const ThirdPartyClaim& claim) {
  if (claim.user.empty() || claim.proof != "test:" + claim.user) return fail(ProofFailure::wrong);
  return {};
}

}  // namespace plaza::login
