#include "pictures/look.h"

#include <gd.h>
#include <magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <memory>

namespace plaza::pictures {
namespace {

constexpr std::size_t kTypeBytes = 256 * 1024;  // libmagic wants no more
constexpr int kQuality = 80;
constexpr std::int64_t kPixelsMax = 50'000'000;

struct Destroy {
  void operator()(gdImage* image) const { gdImageDestroy(image); }
  void operator()(void* memory) const { gdFree(memory); }
};
using Image = std::unique_ptr<gdImage, Destroy>;

/// What a PNG or a GIF says of its size at its beginning: a few bytes may claim gigabytes, which libgd would take before it looks
/// further. What the others claim meets the limit on the memory of the process.
std::int64_t claimed_pixels(const std::string& type, const std::string& bytes) {
  const auto byte = [&bytes](std::size_t at) { return std::int64_t{static_cast<unsigned char>(bytes[at])}; };
  const auto big = [&](std::size_t at) {
    return byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
  };
  const auto little = [&](std::size_t at) { return byte(at) | byte(at + 1) << 8; };
  constexpr std::size_t kPngSize = 16, kPngHead = 24, kGifSize = 6, kGifHead = 10;
  if (type == "image/png" && bytes.size() >= kPngHead) {
    // PNG (ISO 15948) allows 31 bits for each.
    return std::min<std::int64_t>(big(kPngSize), INT32_MAX) *
           std::min<std::int64_t>(big(kPngSize + 4), INT32_MAX);
  }
  if (type == "image/gif" && bytes.size() >= kGifHead) return little(kGifSize) * little(kGifSize + 2);
  return 0;
}

Image decode(const std::string& type, std::string& bytes) {
  if (claimed_pixels(type, bytes) > kPixelsMax) return nullptr;
  const int size = static_cast<int>(bytes.size());
  if (type == "image/jpeg") return Image(gdImageCreateFromJpegPtr(size, bytes.data()));
  if (type == "image/png") return Image(gdImageCreateFromPngPtr(size, bytes.data()));
  if (type == "image/gif") return Image(gdImageCreateFromGifPtr(size, bytes.data()));
  if (type == "image/webp") return Image(gdImageCreateFromWebpPtr(size, bytes.data()));
  return nullptr;
}

/// On white, since a JPEG has no transparency; never larger than the original.
Image scaled(gdImage& image) {
  const int longer = std::max(gdImageSX(&image), gdImageSY(&image));
  const int limit = static_cast<int>(kThumbnailPixels);
  const auto side = [&](int length) {
    return longer <= limit ? length : std::max(1, static_cast<int>(std::int64_t{length} * limit / longer));
  };
  const int width = side(gdImageSX(&image)), height = side(gdImageSY(&image));
  Image small(gdImageCreateTrueColor(width, height));
  if (!small) return nullptr;
  gdImageFilledRectangle(small.get(), 0, 0, width, height, gdTrueColor(255, 255, 255));
  gdImageAlphaBlending(small.get(), 1);
  gdImageCopyResampled(small.get(), &image, 0, 0, 0, 0, width, height, gdImageSX(&image), gdImageSY(&image));
  return small;
}

void be_silent(int /*priority*/, const char* /*format*/, va_list /*arguments*/) {}

}  // namespace

Looker::Looker() {
  gdSetErrorMethod(be_silent);
  magic_ = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF);
  if (magic_ != nullptr && magic_load(static_cast<magic_t>(magic_), nullptr) != 0) {
    magic_close(static_cast<magic_t>(magic_));
    magic_ = nullptr;
  }
}

Looker::~Looker() {
  if (magic_ != nullptr) magic_close(static_cast<magic_t>(magic_));
}

bool Looker::read(int fd) {
  struct stat facts{};
  if (magic_ == nullptr || fstat(fd, &facts) != 0 || facts.st_size < 0) return false;
  const auto size = static_cast<std::size_t>(facts.st_size);
  whole_ = size <= kPictureBytesMax;
  bytes_.resize(whole_ ? size : kTypeBytes);
  std::size_t have = 0;
  while (have < bytes_.size()) {
    const ssize_t got = pread(fd, bytes_.data() + have, bytes_.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

ports::FileFacts Looker::look() {
  ports::FileFacts facts;
  const char* const type = magic_buffer(static_cast<magic_t>(magic_), bytes_.data(),
                                        std::min(bytes_.size(), kTypeBytes));
  facts.type = type != nullptr ? type : "application/octet-stream";
  if (whole_) draw(facts);
  return facts;
}

void Looker::draw(ports::FileFacts& facts) {
  const Image image = decode(facts.type, bytes_);
  if (!image) return;
  const int width = gdImageSX(image.get()), height = gdImageSY(image.get());
  if (width <= 0 || height <= 0 || std::int64_t{width} * height > kPixelsMax) return;
  facts.width = static_cast<std::uint32_t>(width);
  facts.height = static_cast<std::uint32_t>(height);
  const Image small = scaled(*image);
  if (!small) return;
  int size = 0;
  const std::unique_ptr<void, Destroy> jpeg(gdImageJpegPtr(small.get(), &size, kQuality));
  if (jpeg && size > 0 && static_cast<std::size_t>(size) <= kThumbnailBytesMax)
    facts.thumbnail.assign(static_cast<const char*>(jpeg.get()), static_cast<std::size_t>(size));
}

}  // namespace plaza::pictures
