#include "moviegen/media/image.h"

#include "make_media.h"

namespace mg::media {
namespace {

TEST(Image, PngAndWebpAreExact) {
  TestFolder folder;
  for (auto [w, h] : {std::pair{1, 1}, {2, 3}, {17, 9}, {640, 400}}) {
    Image image = clip_frame(w, h, 3);
    for (size_t i = 0; i < image.rgb.size(); i += 7) image.rgb[i] = static_cast<uint8_t>(i * 31);
    for (const char* name : {"a.png", "a.webp", "a.PNG"}) {
      write_image(folder / name, image);
      Image back = read_image(folder / name);
      EXPECT_EQ(back.width, w);
      EXPECT_EQ(back.height, h);
      EXPECT_EQ(back.rgb, image.rgb) << name << w;
    }
  }
}

TEST(Image, JpegIsClose) {
  TestFolder folder;
  for (auto [w, h] : {std::pair{63, 47}, {1300, 40}}) {  // beyond 1280 a film would be BT.709
    Image image = clip_frame(w, h, 3);
    write_image(folder / "a.jpg", image);
    EXPECT_GT(psnr(read_image(folder / "a.jpg"), image), 38);
  }
}

TEST(Image, LossyWebpKeepsItsMatrixAtAnySize) {
  TestFolder folder;
  for (int width : {64, 1300}) {
    Image image(width, 32);
    for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = std::array<uint8_t, 3>{200, 60, 30}[i % 3];
    // BT.601, limited range, as the format prescribes.
    auto frame = new_picture(width, 32, AV_PIX_FMT_YUV420P);
    std::fill_n(frame->data[0], frame->linesize[0] * 32, uint8_t{static_cast<uint8_t>(std::lround(16 + 219 * (0.299 * 200 + 0.587 * 60 + 0.114 * 30) / 255))});
    double luma = 0.299 * 200 + 0.587 * 60 + 0.114 * 30;
    std::fill_n(frame->data[1], frame->linesize[1] * 16, static_cast<uint8_t>(std::lround(128 + 224 * (30 - luma) / 1.772 / 255)));
    std::fill_n(frame->data[2], frame->linesize[2] * 16, static_cast<uint8_t>(std::lround(128 + 224 * (200 - luma) / 1.402 / 255)));
    const AVCodec* encoder = avcodec_find_encoder_by_name("libwebp");
    Owned<AVCodecContext> codec(avcodec_alloc_context3(encoder));
    codec->width = width, codec->height = 32, codec->pix_fmt = AV_PIX_FMT_YUV420P, codec->time_base = {1, 1};
    Options options;
    options.set("quality", "100");
    ASSERT_GE(avcodec_open2(codec.get(), encoder, options.get()), 0);
    auto packet = new_packet();
    ASSERT_GE(avcodec_send_frame(codec.get(), frame.get()), 0);
    ASSERT_GE(avcodec_send_frame(codec.get(), nullptr), 0);
    ASSERT_GE(avcodec_receive_packet(codec.get(), packet.get()), 0);
    put_bytes(folder / "a.webp", {reinterpret_cast<char*>(packet->data), static_cast<size_t>(packet->size)});
    EXPECT_GT(psnr(read_image(folder / "a.webp"), image), 38) << width;
  }
}

TEST(Image, KeepsTheGenerationRecordInPng) {
  TestFolder folder;
  Image image = clip_frame(20, 10, 0);
  std::string record = R"({"prompt":"läuft 走る","seed":7})";
  write_image(folder / "a.png", image, record);
  EXPECT_EQ(read_generation(folder / "a.png"), record);
  EXPECT_EQ(read_image(folder / "a.png").rgb, image.rgb);
  write_image(folder / "b.png", image);
  EXPECT_THROW(read_generation(folder / "b.png"), NotFound);
  auto bytes = bytes_of(folder / "a.png");
  for (size_t size = 0; size < bytes.size(); size += 3) {
    put_bytes(folder / "c.png", bytes.substr(0, size));
    try {
      EXPECT_EQ(read_generation(folder / "c.png"), record);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kData);
    }
  }
}

TEST(Image, RefusesOtherEndingsAndSizes) {
  TestFolder folder;
  EXPECT_THROW(write_image(folder / "a.bmp", Image(4, 4)), UsageError);
  EXPECT_THROW(write_image(folder / "a", Image(4, 4)), UsageError);
  EXPECT_THROW(write_image(folder / "a.png", Image()), UsageError);
  EXPECT_THROW(write_image(folder / "no/a.png", Image(4, 4)), ResourceError);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Resize, KeepsConstantsAndMeans) {
  Image flat(13, 7);
  std::fill(flat.rgb.begin(), flat.rgb.end(), uint8_t{255});
  for (auto [w, h] : {std::pair{1, 1}, {13, 7}, {40, 3}, {5, 29}, {26, 14}}) {
    Image out = resize(flat, w, h);
    EXPECT_TRUE(std::all_of(out.rgb.begin(), out.rgb.end(), [](uint8_t v) { return v == 255; })) << w << h;
  }
  Image image = clip_frame(64, 48, 5);
  EXPECT_EQ(resize(image, 64, 48).rgb, image.rgb);
  Image half = resize(image, 32, 24);
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 96; ++x) {
      int column = x / 3 * 6 + x % 3;
      int sum = image.row(2 * y)[column] + image.row(2 * y)[column + 3] + image.row(2 * y + 1)[column] + image.row(2 * y + 1)[column + 3];
      EXPECT_NEAR(half.row(y)[x], sum / 4.0, 0.51);
    }
  Image part = resize(image, 27, 19);  // shares of pixels
  double mean_in = 0, mean_out = 0;
  for (uint8_t v : image.rgb) mean_in += v;
  for (uint8_t v : part.rgb) mean_out += v;
  EXPECT_NEAR(mean_in / static_cast<double>(image.rgb.size()), mean_out / static_cast<double>(part.rgb.size()), 0.3);
}

TEST(Resize, InterpolatesWhenGrowing) {
  Image two(2, 1);
  two.rgb = {0, 0, 0, 200, 100, 40};
  Image four = resize(two, 4, 1);
  EXPECT_EQ(four.rgb, (std::vector<uint8_t>{0, 0, 0, 50, 25, 10, 150, 75, 30, 200, 100, 40}));
  EXPECT_THROW(resize(two, 0, 1), UsageError);
  EXPECT_THROW(resize(two, -4, 4), UsageError);
  EXPECT_THROW(resize(two, 16384, 16384), UsageError);
}

TEST(Grid, PlacesPicturesWithWhiteBetween) {
  std::vector<Image> images;
  for (int i = 0; i < 3; ++i) images.push_back(clip_frame(5, 4, i));
  Image out = grid(images, 2, 1);
  EXPECT_EQ(out.width, 11);
  EXPECT_EQ(out.height, 9);
  EXPECT_EQ(out.row(6)[3], images[2].row(1)[3]);
  EXPECT_EQ(out.row(1)[3 * 6], images[1].row(1)[0]);
  EXPECT_EQ(out.row(0)[3 * 5], 255);
  EXPECT_EQ(out.row(6)[3 * 8], 255);
  EXPECT_EQ(grid(images, 9).width, 5 * 3 + 4);
  EXPECT_THROW(grid({}, 2), UsageError);
  EXPECT_THROW(grid(images, 0), UsageError);
  images.push_back(Image(4, 4));
  EXPECT_THROW(grid(images, 2), UsageError);
}

}  // namespace
}  // namespace mg::media
