# digitnet without TensorFlow: reads images, PDF and HEIC.
#
#     docker build -t digitnet .
#     docker run --rm --network none -v "$PWD:/images:ro" digitnet predict .
FROM python:3.13-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source/light

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(ls /wheels/*.whl)[heic,pdf]"
USER nobody
WORKDIR /images
ENTRYPOINT ["digitnet"]
CMD ["--help"]
